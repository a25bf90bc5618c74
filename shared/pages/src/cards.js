// The cards of the page of a mailbox: one for each thing that waits, and one for each request.
import { purpose } from './choices.js'
import { clockTable } from './clocks.js'
import { $, el } from './dom.js'
import { count, day, plain, states } from './words.js'

/**
 * @typedef {{id: string, kind: string, right?: string, decisions?: Record<string, string>, receivedAt: string, dueAt?: string, timeZone?: string, repeats: number}} Pending
 * @typedef {{id: string, right: string, state: string, receivedAt: string, dueAt: string, timeZone: string, renewable?: boolean}} Request
 */

/** What a right is called and what it says, as the policy words it; the bare word for a right that is no longer in the policy. */
export function right(id) {
  const found = [...$('rights').content.querySelectorAll('[data-right]')].find(({ dataset }) => dataset.right === id)
  return { title: found?.dataset.title ?? plain(id), text: found?.textContent ?? '' }
}

const yes = state => state === 'granted'

/** What a pending consent says, one line for each purpose: its answer and its title, and its text. */
const answers = decisions => Object.entries(decisions ?? {}).map(([id, state]) => {
  const { title = plain(id), text = '' } = purpose(id)
  return { title: `${yes(state) ? 'Yes' : 'No'} to “${title}”`, text }
})

/** The title of a thing that waits. */
export function titleOf({ kind, right: id, decisions }) {
  if (kind === 'request') return right(id).title
  const lines = answers(decisions)
  return lines.length === 1 ? lines[0].title : 'Your choices'
}

/** Reports whether confirming the thing needs the first opening of a link (threat T31): a denial alone does not. */
const needsFresh = ({ kind, decisions }) => kind !== 'consent' || Object.values(decisions ?? {}).some(yes)

/**
 * The card of a thing that waits: what it is, since when, what confirming it does, and buttons of its own (threats T06, T32).
 * @param {Pending} item
 * @param {{fresh: boolean, zone: string, act: (what: 'confirm' | 'discard', card: HTMLElement, button: HTMLButtonElement) => void}} options
 */
export function pendingCard(item, { fresh, zone, act }) {
  const isRequest = item.kind === 'request'
  const lines = answers(item.decisions)
  const asked = day(item.receivedAt, item.timeZone ?? zone)
  const times = (item.repeats ?? 0) + 1
  const card = el('li', { 'data-id': item.id, 'data-kind': item.kind })
  const button = (what, words, doing, primary) => {
    const made = el('button', { type: 'button', class: primary ? `${what} primary` : what, 'data-doing': doing, 'aria-describedby': `waits-${item.id}` }, words)
    made.addEventListener('click', () => act(what, card, made))
    return made
  }
  const may = fresh || !needsFresh(item)
  card.append(
    el('h3', { id: `waits-${item.id}` }, titleOf(item)),
    ...isRequest ? [el('p', {}, right(item.right).text)] : lines.length === 1 ? [el('p', {}, lines[0].text)] : [el('ul', {}, lines.map(({ title, text }) => el('li', {}, el('strong', {}, title), ' ', text)))],
    el('p', { class: 'when' }, times === 1 ? `Asked on ${asked}.` : `Asked ${count(times, 'time', 'times')}, first on ${asked}.`),
    el('div', { class: 'next' }, may ? effect(item, isRequest, zone) : el('p', {}, 'To confirm this, you need a new link. See the top of this page.'),
      el('p', { class: 'buttons' }, may ? button('confirm', 'Yes, this is mine', 'Confirming…', true) : '', button('discard', 'This was not me', 'Discarding…'))))
  return card
}

/** What confirming does. */
function effect(item, isRequest, zone) {
  if (!isRequest) {
    const grants = Object.values(item.decisions ?? {}).some(yes)
    return el('p', {}, `This counts only once you have confirmed it. ${grants ? 'You can withdraw it on this page at any time.' : 'We then stop at once.'}`)
  }
  return el('p', {}, 'If you confirm it, we gather the data and email you a link to it, at the address that we have on record. We answer by ', el('strong', {}, day(item.dueAt, item.timeZone ?? zone)), ' at the latest.')
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

/**
 * The card of a request: its right, its state in words, its days and what can be done with it.
 * @param {Request} request
 * @param {{fresh: boolean, withdraw: (card: HTMLElement, button: HTMLButtonElement) => void, renew: (card: HTMLElement, button: HTMLButtonElement) => void}} options
 */
export function requestCard(request, { fresh, withdraw, renew }) {
  const [name, meaning] = states[request.state] ?? [plain(request.state), '']
  const card = el('li', { 'data-id': request.id, 'data-state': request.state })
  const waiting = unanswered.includes(request.state)
  const button = (what, words, doing, act) => {
    const made = el('button', { type: 'button', class: what, 'data-doing': doing, 'aria-describedby': `request-${request.id}` }, words)
    made.addEventListener('click', () => act(card, made))
    return made
  }
  card.append(
    el('h3', { id: `request-${request.id}` }, right(request.right).title, ' ', el('span', { class: 'badge' }, name)),
    el('p', { class: 'meaning', tabindex: '-1' }, meaning, waiting ? [' We answer by ', el('strong', {}, day(request.dueAt, request.timeZone)), ' at the latest.'] : ''),
    el('p', { class: 'when' }, `Asked on ${day(request.receivedAt, request.timeZone)}.`),
    el('p', { class: 'when' }, 'Request number ', el('code', {}, request.id)),
    request.renewable && !fresh ? el('p', {}, 'For a new link to your data, first get a new link to this page.') : '',
    el('p', { class: 'buttons' },
      request.renewable && fresh ? button('renew', 'Send me a new link to my data', 'Asking for a new link…', renew) : '',
      waiting ? button('withdraw', 'Withdraw this request', 'Withdrawing…', withdraw) : ''))
  return card
}
