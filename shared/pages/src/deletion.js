// Shows what a deletion will do, or did, and gets its certificate.
import { call } from './api.js'
import { $, el, table } from './dom.js'
import { groundOf, groups, keptUntil, stored } from './plan.js'
import { count } from './words.js'

const address = id => `/v1/requests/${encodeURIComponent(id)}`

/**
 * Loads the plan of a deletion; undefined while there is none.
 * @param {string} id of the request
 * @param {{token?: string, session?: boolean}} proof
 */
export async function loadPlan(id, proof) {
  try {
    return await call('GET', `${address(id)}/plan`, proof)
  } catch (problem) {
    if (problem.status === 404 || problem.status === 409) return undefined
    throw problem
  }
}

/** Whether a plan says what was done, and no longer what will be. */
export const isOver = ({ state }) => ['mailing', 'watching', 'done'].includes(state)

/** Whether anything was or is to be done: of somebody of whom nothing is stored there is no certificate. */
export const isEmpty = ({ items = [] }) => !items.some(item => item.count > 0)

/** What the policy calls a part of a category, and for how long it keeps a kind. */
const inPolicy = (kind, id) => [...$('kept').content.children].find(({ dataset }) => dataset.kind === kind && dataset.id === id)?.textContent

const dropped = ({ kind, drops = [] }) => drops.map(name => inPolicy('field', `${kind}.${name}`)).filter(Boolean).join(', ')

const keptTable = (title, lines, zone) => table(title, ['Data', 'Why we keep it', 'Until'], lines.map(line => [
  line.parts.flatMap(part => [el('span', { class: 'kind' }, part.title), part.count > 0 ? el('small', { class: 'kind' }, stored(part)) : '']),
  [
    groundOf(line.ground) ? [el('b', {}, `${groundOf(line.ground)}.`), ' '] : '', line.reason ?? '', line.law ? el('small', { class: 'kind' }, line.law) : '',
    dropped(line) ? el('small', { class: 'kind' }, `Deleted all the same: ${dropped(line)}`) : '',
  ].flat(),
  keptUntil(line, zone, inPolicy('period', line.kind)),
]))

/** A table of two short columns, whose rows stay lines on a phone. */
function short(...about) {
  const made = table(...about)
  made.classList.add('short')
  return made
}

/**
 * The lines of a plan as tables, most important first. What cannot be counted, and that of which nothing is stored, is folded away.
 * @param {import('./plan.js').Plan} plan
 * @param {string} zone in which days are counted
 */
export function planView(plan, zone) {
  const { deleted, kept, besides, none } = groups(plan), over = isOver(plan)
  const titles = over ? ['What was deleted', 'What we keep'] : ['What will be deleted', 'What we will keep']
  const group = (title, lines, view) => [el('h3', {}, title), lines.length > 0 ? view : el('p', {}, 'Nothing.')]
  return el('div', { class: 'plan' },
    ...group(titles[0], deleted, short(titles[0], ['Data', over ? 'Deleted' : 'Stored'], deleted.map(line => [line.title, stored(line) || 'if any']))),
    ...group(titles[1], kept, keptTable(titles[1], kept, zone)),
    besides.length > 0 ? el('details', {}, el('summary', {}, `${count(besides.length, 'other kind of entry stays', 'other kinds of entries stay')} for a while`),
      el('p', {}, 'They prove what we did, protect you or others, or go by themselves after a short time. Here they cannot be counted for one person.'), keptTable('What stays besides', besides, zone)) : '',
    none.length > 0 ? el('details', {}, el('summary', {}, `We store nothing of ${count(none.length, 'other kind', 'other kinds')} of data`), el('ul', {}, none.map(({ title }) => el('li', {}, title)))) : '')
}

/** Gets the certificate of a deletion and saves it as a file. */
export async function saveCertificate(id, proof) {
  const text = await call('GET', `${address(id)}/certificate`, { ...proof, text: true })
  const url = URL.createObjectURL(new Blob([text], { type: 'application/jose' }))
  el('a', { href: url, download: `deletion-certificate-${id}.jws` }).click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** The other way out for somebody whose request for a deletion under California's law was refused (CCPA regulations §7022). */
export const optOutInstead = ({ right, outcome }) => right === 'delete' && outcome && outcome.result !== 'done'
  ? [el('p', {}, 'You can still tell us not to sell or share your data: ', el('a', { href: '/request?right=opt_out' }, 'Do not sell or share my data'), '.')] : []
