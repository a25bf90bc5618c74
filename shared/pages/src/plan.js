// What a deletion will do, or did, in words: the lines of its plan in groups, what has changed in it, and how long it can still be cancelled.
import { count, day } from './words.js'

/**
 * @typedef {{kind: string, title: string, outcome: 'erased' | 'withheld', ground?: string, law?: string, reason?: string, drops?: string[], until?: string,
 *   whileContract?: boolean, count?: number}} Item count is missing for what cannot be counted for one person; until for what has no known end
 * @typedef {{hash: string, state: string, items: Item[], coolingOffHours: number, erasesAt?: string, again?: boolean}} Plan again if the
 *   person agreed to another plan before
 */

/** Reports whether a request is answered by a deletion. */
export const deletes = ({ right }) => right === 'erasure' || right === 'delete'

/** How a ground is called beside the reason. */
const grounds = {
  necessary: 'We still need it', legal_obligation: 'A law makes us keep it', claims: 'It is proof', objection: 'It protects you', anonymous: 'It names nobody', hold: 'Legal claim',
}
export const groundOf = id => Object.hasOwn(grounds, id) ? grounds[id] : ''

/** Joins the kinds that a person knows by one name, if the same becomes of them. */
function lines(items) {
  const all = []
  for (const item of items) {
    const one = all.find(other => other.title === item.title && other.outcome === item.outcome && other.ground === item.ground)
    if (!one) {
      all.push({ ...item })
      continue
    }
    if (item.count > 0) one.until = one.count > 0 ? one.until && item.until && (one.until > item.until ? one.until : item.until) : item.until
    if (item.count !== undefined) one.count = (one.count ?? 0) + item.count
  }
  return all
}

/** Joins lines that are kept alike, so that a reason is read once: each line has those of one reason as its parts. */
function alike(all) {
  const joined = []
  const key = ({ ground, law, reason, whileContract, until, drops = [] }) => JSON.stringify([ground, law, reason, whileContract, until, drops])
  for (const line of all) {
    const one = joined.find(other => key(other) === key(line))
    if (one) one.parts.push(line)
    else joined.push({ ...line, parts: [line] })
  }
  return joined
}

/**
 * The lines of a plan in groups: what is deleted, what is kept, what is kept besides and cannot be counted for one person, and of what nothing is stored.
 * @param {{items?: Item[]}} plan
 */
export function groups({ items = [] }) {
  const all = lines(items), stored = ({ count: n }) => n !== 0, kept = ({ outcome }) => outcome === 'withheld'
  return {
    deleted: all.filter(line => stored(line) && !kept(line)),
    kept: alike(all.filter(line => kept(line) && line.count > 0)),
    besides: all.filter(line => kept(line) && line.count === undefined).map(line => ({ ...line, parts: [line] })),
    none: all.filter(line => !stored(line)),
  }
}

/** Until when something is kept. period is how long the policy keeps it, for what has no known end. */
export function keptUntil({ ground, whileContract, until }, zone, period = '') {
  if (ground === 'hold') return 'until our team releases it'
  if (whileContract) return 'until your contract ends'
  return until ? `${day(until, zone)} at the latest` : period
}

/** How many are stored of something; empty if they cannot be counted. */
export const stored = ({ count: n }) => n === undefined ? '' : count(n, 'item', 'items')

/**
 * What is different in a plan since the person saw it, in sentences.
 * @param {Plan} before
 * @param {Plan} after
 */
export function changesOf(before, after) {
  const same = title => other => other.title === title
  const was = lines(before.items), is = lines(after.items)
  const found = is.flatMap(line => {
    const old = was.find(same(line.title))
    const kept = line.outcome === 'withheld'
    if (!old || old.outcome !== line.outcome) return [`“${line.title}” is now ${kept ? 'kept' : 'deleted'}.`]
    const differs = old.ground !== line.ground || old.whileContract !== line.whileContract || String(old.drops ?? '') !== String(line.drops ?? '')
    return differs ? [`We keep “${line.title}” for another reason, or delete another part of it.`] : []
  })
  found.push(...was.filter(old => !is.some(same(old.title))).map(({ title }) => `“${title}” is not in it any more.`))
  return found.length > 0 ? found : ['Please read it again.']
}

/** How long a deletion waits after the press, in words: hours, or less on a machine where nobody wants to wait. Empty if it does not wait. */
export function wait(hours) {
  const seconds = Math.round(hours * 3600)
  if (!(seconds > 0)) return ''
  if (seconds % 3600 === 0) return count(seconds / 3600, 'hour', 'hours')
  return seconds >= 120 ? count(Math.round(seconds / 60), 'minute', 'minutes') : count(seconds, 'second', 'seconds')
}

/** How much time is left, in words. */
export function left(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24)
  if (minutes < 1) return 'less than a minute'
  if (hours < 1) return count(minutes, 'minute', 'minutes')
  if (days < 1) return `${count(hours, 'hour', 'hours')} and ${count(minutes % 60, 'minute', 'minutes')}`
  return `${count(days, 'day', 'days')} and ${count(hours % 24, 'hour', 'hours')}`
}
