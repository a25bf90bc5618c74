import { el } from './dom.js'
import { count, memberName, memberValue, moment, plain, source } from './words.js'

const most = 20

/**
 * One category of the export: its name and count, and a look at its newest records for who wants it.
 * @param {{category: string, title: string, count: number}} about
 * @param {(category: string, n: number) => Promise<object[] | undefined>} newest
 */
export function categoryView(about, newest) {
  const many = count(about.count, 'record', 'records')
  if (about.count === 0) return el('p', { class: 'category' }, el('b', {}, about.title), ' ', el('small', {}, 'nothing held'))
  const inside = el('div')
  const view = el('details', { class: 'category' }, el('summary', {}, about.title, ' ', el('small', {}, many)), inside)
  return fill(view, inside, () => newest(about.category, most), records => shown(records, about.count))
}

/**
 * A document of the export for who wants to look at it, with everything in it.
 * @param {string} title
 * @param {() => Promise<object | undefined>} read
 */
export function documentView(title, read) {
  const inside = el('div')
  return fill(el('details', { class: 'category' }, el('summary', {}, title), inside), inside, read,
    content => [el('ol', { class: 'records' }, [content].flat().map(part => el('li', {}, value(part, true))))])
}

/** Reads and shows what is inside once somebody unfolds it. */
function fill(view, inside, read, show) {
  view.addEventListener('toggle', async () => {
    if (!view.open || inside.firstChild) return
    const content = await read().catch(() => undefined)
    inside.replaceChildren(...(content ? show(content) : [el('p', {}, 'Too much to show here. Please save the export and open index.html in it.')]))
  })
  return view
}

function shown(records, total) {
  const list = el('ol', { class: 'records' }, records.map(record => el('li', {},
    el('p', {}, el('small', {}, `${moment(record.occurredAt)}, from ${source(record.source)}`)), value(record.data))))
  if (total <= records.length) return [list]
  return [list, el('p', {}, `These are the newest ${records.length}. The rest is in the file.`)]
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/**
 * Shows a JSON value as it is, whatever it holds: every text stays text (threat T17). Only times are told on the reader's clock, and in
 * a document of the service's own its words are told as the status page tells them.
 */
function value(json, own) {
  if (typeof json === 'string' && time.test(json)) return el('time', { datetime: json }, moment(json) || json)
  if (Array.isArray(json)) return json.length === 0 ? '–' : el('ul', {}, json.map(item => el('li', {}, value(item, own))))
  if (json === null || typeof json !== 'object') return json === null || json === '' ? '–' : String(json)
  return el('dl', { class: 'fields' }, Object.entries(json).flatMap(([name, inner]) =>
    [el('dt', {}, (own && memberName(name)) ?? label(name)), el('dd', {}, (own && memberValue(name, inner)) ?? value(inner, own))]))
}

/** jobTitle becomes Job title. */
export function label(name) {
  return plain(name.replace(/([a-z])([A-Z0-9])/g, (_, a, b) => `${a} ${b.toLowerCase()}`))
}
