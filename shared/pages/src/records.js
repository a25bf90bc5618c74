import { el } from './dom.js'
import { decisions, empty, members, text, titleOf } from './labels.js'
import { count, date, moment } from './words.js'

const most = 20

/**
 * One category of the export: its name and count, and its newest records, folded.
 * @param {{category: string, title?: string, count: number, fields?: Label[]}} about
 * @param {Bundle} bundle
 */
export function categoryView(about, { newest, manifest }) {
  const title = about.title || titleOf(about.category)
  const head = [title, ' ', el('small', {}, about.count === 0 ? 'no records' : count(about.count, 'record', 'records'))]
  if (about.count === 0) return el('p', { class: 'category' }, el('b', {}, title), ' ', head[2])
  return folded(head, () => newest(about.category, most), records => listed(records, about.count, ({ occurredAt, data, ...record }) => [
    el('p', { class: 'date' }, time(occurredAt)),
    list([...members(data, about.fields), ...(manifest.record ?? []).map(label => [label, record[label.name]])], manifest.purposes),
  ]))
}

/**
 * A document of the export, such as the consent records: what it is, and its newest items, folded.
 * @param {{file: string, title: string, text: string, none?: string, count?: number, date?: string, fields: Label[]}} about
 * @param {Bundle} bundle
 */
export function documentView(about, { document, manifest }) {
  const head = about.count === undefined ? [about.title] : [about.title, ' ', el('small', {}, count(about.count, 'entry', 'entries'))]
  return folded(head, () => document(about.file), content => [
    el('p', {}, el('small', {}, about.text)),
    ...about.count === 0 ? [el('p', {}, about.none)] : listed([content].flat().reverse().slice(0, most), about.count ?? 1, item => [
      about.date ? el('p', { class: 'date' }, time(item[about.date])) : undefined, list(members(item, about.fields), manifest.purposes),
    ]),
  ])
}

/** Reads and shows the content when somebody unfolds it. */
function folded(head, read, show) {
  const inside = el('div')
  const view = el('details', { class: 'category' }, el('summary', {}, head), inside)
  view.addEventListener('toggle', async () => {
    if (!view.open || inside.firstChild) return
    const content = await read().catch(() => undefined)
    inside.replaceChildren(...(content ? show(content) : [el('p', {}, 'There is too much to show here. Please save the file and open index.html in it.')]))
  })
  return view
}

function listed(items, total, show) {
  const view = el('ol', { class: 'records' }, items.map(item => el('li', {}, show(item))))
  return total <= items.length ? [view] : [view, el('p', {}, `These are the newest ${items.length}. The file has all of them.`)]
}

/** A definition list of labelled values. Text is never read as markup, whatever it contains (threat T17). */
function list(pairs, purposes = []) {
  return el('dl', { class: 'fields' }, pairs.flatMap(([label, inner]) => {
    const shown = value(inner, label, purposes)
    const wide = shown instanceof Element && (shown.localName === 'dl' || shown.querySelector('dl'))
    return [el('dt', {}, label.title), el('dd', { class: wide ? 'rows' : undefined }, shown)]
  }))
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function value(json, label, purposes) {
  if (empty(json)) return label.absent || '–'
  if (Array.isArray(json)) return el('ul', {}, json.map(item => el('li', {}, value(item, { ...label, absent: '' }, purposes))))
  if (typeof json === 'object' && label.type === 'purposes') return value(decisions(json, label, purposes), { ...label, type: 'objects' }, purposes)
  if (typeof json === 'object') return list(members(json, label.fields), purposes)
  if (label.type !== 'string' && !label.words && instant.test(json)) return time(json)
  if (label.type === 'date') return date(json) || json
  return text(json, label)
}

/** Times are shown in the reader's own time zone. */
const time = at => el('time', { datetime: at }, moment(at) || at)
