// The cards of the page of a mailbox: one for each thing that waits, and one for each request.
import { change, presses } from './changes.js'
import { purpose } from './choices.js'
import { clockTable } from './clocks.js'
import { optOutInstead } from './deletion.js'
import { $, el, standing, titleIn } from './dom.js'
import { isMail, mailed } from './mails.js'
import { deletes } from './plan.js'
import { answer, askedFor, count, day, holds, plain, stateOf, waitsFor } from './words.js'

/**
 * @typedef {{id: string, kind: string, change?: string, right?: string, scope?: string, ground?: string, purposes?: string[], categories?: string[], decisions?: Record<string, string>, receivedAt: string, dueAt?: string, timeZone?: string, repeats: number}} Pending
 * @typedef {{id: string, right: string, state: string, waitingFor?: string, receivedAt: string, dueAt: string, timeZone: string, renewable?: boolean,
 *   inForce?: boolean, outcome?: {result: string, reason?: string, decidedAt: string}, extension?: {reason?: string, decidedAt: string}}} Request inForce while what
 *   it stopped is stopped
 * @typedef {{fresh: boolean, doubt?: string, zone: string, days: number}} Page what all cards depend on: the first opening of the link; why nothing may
 *   be shown by the address, if so; the controller's time zone; for how many days nothing is answered through a new address
 */

/** What a right is called, in the words of the form, and what it says, as the policy words it; the bare word for a right that the page does not know. */
export function right(id) {
  const found = [...$('rights').content.querySelectorAll('[data-right]')].find(({ dataset }) => dataset.right === id)
  return { title: found?.dataset.title ?? plain(id), text: found?.textContent ?? '' }
}

/** What exactly is asked for. */
const details = item => askedFor(item, titleIn).map(sentence => el('p', {}, sentence))

const yes = state => state === 'granted'

/** What a pending consent says, one line for each purpose: its answer and its title, and its text. */
const answers = decisions => Object.entries(decisions ?? {}).map(([id, state]) => {
  const { title = plain(id), text = '' } = purpose(id)
  return { title: `${yes(state) ? 'Yes' : 'No'} to “${title}”`, text }
})

/** Reports whether somebody agrees to something by confirming the thing. */
export const agrees = ({ decisions }) => Object.values(decisions ?? {}).some(yes)

/** Reports whether confirming the thing, whatever it means, needs the first opening of a link (threat T31). A denial alone does not, and nor does a change. */
export const needsFresh = item => item.kind === 'request' || agrees(item)

/** The buttons of a request and of a choice. */
const ownOrNot = { confirm: ['Yes, this is mine', 'Confirming…'], discard: ['This was not me', 'Discarding…'] }

/**
 * The card of a thing that waits: what it is, since when, what confirming it does, and buttons of its own (threats T06, T32, T33).
 * @param {Pending} item
 * @param {Page} page
 * @param {(what: 'confirm' | 'discard', card: HTMLElement, button: HTMLButtonElement) => void} act
 */
export function pendingCard(item, page, act) {
  const card = el('li', { 'data-id': item.id, 'data-kind': item.kind })
  const { title, body, next, may = true, words = ownOrNot } = isMail(item) ? mailed(item, page, right) : (kinds[item.kind] ?? chosen)(item, page)
  // Nobody is led to accept a change rather than to stop it: both buttons look alike.
  const button = (what, primary) => {
    const made = el('button', { type: 'button', class: primary ? `${what} primary` : what, 'data-doing': words[what][1], 'aria-describedby': `waits-${item.id}` }, words[what][0])
    made.addEventListener('click', () => act(what, card, made))
    return made
  }
  card.append(
    el('h3', { id: `waits-${item.id}` }, title),
    ...body,
    el('div', { class: 'next' }, el('p', {}, next), el('p', { class: 'buttons' }, may ? button('confirm', item.kind !== 'change') : '', button('discard'))))
  return card
}

const changed = (item, page) => {
  const { title, text, next } = change(item, page)
  return { title, body: [el('p', {}, text)], next, words: presses }
}

const newLink = 'To confirm this, you need a new link. See the top of this page.'

/** What follows once a request is confirmed, by how it is answered. */
const follows = {
  data: 'we gather the data and email you a link to it, at the address that we have on record.',
  categories: 'we email you a link to a statement of the kinds of data that we collect, at the address that we have on record.',
  limit: 'we stop it at once, except where the use protects others or the law demands it, and email you what it covers.',
  child: 'all that rests on consent and all marketing stop at once for the child’s email address, if you gave us one, and somebody from our team looks at it.',
  deletion: 'we work out what we would delete and what we would have to keep, and show you that plan here. We delete nothing before you agree to it.',
  team: 'somebody from our team looks at it.',
}

function requested(item, { fresh, doubt, zone }) {
  const { title, text } = right(item.right)
  const then = follows[item.right === 'child_erasure' ? 'child' : doubt ? 'team' : answer(item.right, item.scope)] ?? follows.team
  const next = [`If you confirm it, ${then} We answer by `, el('strong', {}, day(item.dueAt, item.timeZone ?? zone)), ' at the latest.']
  return { title, body: [el('p', {}, text), ...details(item), asked(item, zone)], may: fresh, next: fresh ? next : newLink }
}

/**
 * A choice. While several people use an address, or somebody contests how it came to us, nobody agrees to anything by it. A refusal holds for everybody
 * who uses it (threat T27).
 */
function chosen(item, { fresh, doubt, zone }) {
  const lines = answers(item.decisions), grants = agrees(item)
  const one = lines.length === 1
  const never = grants && Boolean(doubt) && doubt !== 'detached'
  return {
    title: one ? lines[0].title : 'Your choices',
    body: [one ? el('p', {}, lines[0].text) : el('ul', {}, lines.map(({ title, text }) => el('li', {}, el('strong', {}, title), ' ', text))), asked(item, zone)],
    may: !grants || fresh && !never,
    next: never ? 'Nobody can agree to anything by this address for now.' : grants && !fresh ? newLink
      : `This counts only once you have confirmed it. ${grants ? 'You can withdraw it at any time.' : doubt ? 'We then stop at once, for everybody who uses this address.' : 'We then stop at once.'}`,
  }
}

const kinds = { request: requested, change: changed }

/** When a thing was asked for, and how often. */
function asked({ receivedAt, timeZone, repeats = 0 }, zone) {
  const on = day(receivedAt, timeZone ?? zone)
  return el('p', { class: 'when' }, repeats === 0 ? `Asked on ${on}.` : `Asked ${count(repeats + 1, 'time', 'times')}, first on ${on}.`)
}

/**
 * Says on a card what came of a press, in the place of its buttons if it waited, and moves the focus there. Says it to a screen reader too.
 * @param {HTMLElement} card
 * @param {string} kind good, or empty
 * @param {...(string | Node)} words
 */
export function conclude(card, kind, ...words) {
  const result = el('div', { class: `note result ${kind}`, tabindex: '-1' }, el('p', {}, words))
  card.querySelector('.next, .result')?.remove()
  card.append(result)
  card.classList.add('decided')
  result.focus()
  say(card, result)
  return result
}

/** Says to a screen reader what a part of a card says, after the card's title. */
export function say(card, part) {
  $('status').textContent = `${card.querySelector('h3').textContent}. ${part.textContent}`
}

/** The deadlines of a confirmed request, folded. */
export const deadlines = ({ clocks, timeZone }) => el('details', {}, el('summary', {}, 'Our deadlines by law'), clockTable(clocks ?? [], timeZone))

const unanswered = ['verifying', 'open', 'fulfilling']

/** Reports whether a deletion has begun, so that nobody can cancel it any more. */
const begun = request => deletes(request) && request.state === 'fulfilling'

/** Reports whether a request was answered by a deletion, whose result can be shown. */
const shows = request => deletes(request) && request.state === 'fulfilled' && !request.outcome

/** What our team decided about a request, or why its answer takes longer, in the team's words. */
export function decided({ outcome, extension, timeZone }) {
  if (outcome) return [el('p', { class: 'decision' }, `Decided on ${day(outcome.decidedAt, timeZone)}.`, outcome.reason ? [' ', el('q', {}, outcome.reason)] : '')]
  if (extension) return [el('p', { class: 'decision' }, `Our answer takes longer, as we decided on ${day(extension.decidedAt, timeZone)}.`, extension.reason ? [' ', el('q', {}, extension.reason)] : '')]
  return []
}

/**
 * The card of a request: its right, its state in words, its days and what can be done with it.
 * @param {Request} request
 * @param {Page} page
 * @param {{withdraw: (card: HTMLElement, button: HTMLButtonElement) => void, renew: (card: HTMLElement, button: HTMLButtonElement) => void,
 *   result?: (card: HTMLElement, button: HTMLButtonElement) => void}} acts withdraw also
 *   takes back what is in force, which only the first opening of a link may do
 */
export function requestCard(request, { fresh, days }, { withdraw, renew, result }) {
  const [name, meaning] = stateOf(request, days)
  const card = el('li', { 'data-id': request.id, 'data-state': request.state, 'data-held': Boolean(holds(request)) })
  const waiting = unanswered.includes(request.state), held = holds(request)
  const button = (what, words, doing, act) => {
    const made = el('button', { type: 'button', class: what, 'data-doing': doing, 'aria-describedby': `request-${request.id}` }, words)
    made.addEventListener('click', () => act(card, made))
    return made
  }
  card.append(
    el('h3', { id: `request-${request.id}` }, right(request.right).title, ' ', el('span', { class: 'badge' }, name)),
    el('p', { class: 'meaning', tabindex: '-1' }, meaning, waiting && (!held || waitsFor(request) === 'team') ? [' We answer by ', el('strong', {}, day(request.dueAt, request.timeZone)), ' at the latest.'] : ''),
    ...details(request),
    el('p', { class: 'when' }, `Asked on ${day(request.receivedAt, request.timeZone)}.`),
    el('p', { class: 'when' }, 'Request number ', el('code', {}, request.id)),
    ...decided(request),
    ...optOutInstead(request),
    held ? standing(request.outcome) : '',
    request.renewable && !fresh ? el('p', {}, 'For a new link to your file, first get a new link to this page.') : '',
    held && !fresh ? el('p', {}, 'To take it back, first get a new link to this page.') : '',
    el('p', { class: 'buttons' },
      request.renewable && fresh ? button('renew', 'Send me a new link to my file', 'Asking for a new link…', renew) : '',
      held && fresh ? button('lift', 'Take it back', 'Taking it back…', withdraw) : '',
      result && shows(request) ? button('result', 'Show what was deleted', 'Loading…', result) : '',
      waiting && !held && !begun(request) ? button('withdraw', ...waitsFor(request) === 'cooling_off' ? ['Cancel the deletion', 'Cancelling…'] : ['Withdraw this request', 'Withdrawing…'], withdraw) : ''))
  return card
}
