// The card of a mail to the privacy team: its sender reads what they wrote, and says what they mean by it (promise H12, threat T06).
import { $, el } from './dom.js'
import { mark, marked } from './fields.js'
import { filing } from './filing.js'
import { answer, count, day } from './words.js'

/**
 * @typedef {{at: string, text: string, hidden?: boolean, cut?: boolean, attachments?: number}} Message
 * @typedef {{id: string, right: string, messages: Message[], suggested?: string, about?: string, receivedAt: string, dueAt: string, timeZone?: string, repeats: number}} Mail
 */

/** Reports whether what waits is a mail. */
export const isMail = item => item.right === 'question'

/** The buttons of a mail. */
export const sends = { confirm: ['Confirm', 'Confirming…'], discard: ['This was not me', 'Discarding…'] }

/** What follows from a wish: from each of some, and from the others by how they are answered. */
const follows = {
  question: 'Our privacy team reads your email and answers you.',
  data: 'We gather the data and email you a link to it, at the address that we have on record.',
  know: 'We put together what you ask for and email you a link to it, at the address that we have on record.',
  child_erasure: 'All marketing to the child, and whatever the child agreed to, stops at once if you give us the child’s email address. Somebody from our privacy team looks at it.',
  limit: 'We stop it at once, except where the use protects others or the law demands it, and email you what it covers.',
  deletion: 'We work out what we would delete and what we would have to keep, and show you that plan here. We delete nothing before you agree to it.',
  statement: 'You see our statement here at once.',
  team: 'Somebody from our privacy team looks at it.',
}

/** Where a message was written, and what of it is missing here. */
function remarks({ hidden, cut, attachments = 0, text }) {
  return [
    hidden && 'We do not show what it says, because we cannot be sure that it came from you.',
    !hidden && !text && 'We could not read any text in it. Our privacy team has it.',
    !hidden && cut && text && 'The rest of it is missing here. Our privacy team has it.',
    attachments > 0 && `We have not kept ${attachments === 1 ? 'its attachment' : `its ${attachments} attachments`}.`,
  ].filter(Boolean)
}

/** What a message says, and when it came. Its words are the sender's own, so they are never read as anything but text (threat T17). */
const shown = (message, zone) => [
  el('p', { class: 'when' }, `Sent on ${day(message.at, zone)}:`),
  message.text ? el('blockquote', { class: 'letter', dir: 'auto', tabindex: '0', 'aria-label': 'Your email' }, message.text) : '',
  ...remarks(message).map(words => el('p', { class: 'when' }, words)),
]

/**
 * The parts of the card of a mail, for pendingCard.
 * @param {Mail} item
 * @param {{fresh: boolean, doubt?: string, zone: string}} page
 * @param {(id: string) => {title: string}} right what a right is called
 */
export function mailed(item, { fresh, doubt, zone }, right) {
  const at = item.timeZone ?? zone, many = item.messages.length > 1 || item.repeats > 0
  const form = el('form', { class: 'wish', novalidate: true }, $('wishes').content.cloneNode(true))
  form.addEventListener('submit', submitted => submitted.preventDefault())
  const select = form.querySelector('select'), then = el('p', { class: 'then' }), fields = el('div', { class: 'more-fields' })
  form.append(fields, then)
  const question = select.querySelector('[value="question"]')
  if (item.about) question.textContent = `It is about something I asked before: ${right(item.about).title}`
  if (!fresh) for (const option of select.options) option.disabled = option.value !== '' && !('open' in option.dataset)
  select.addEventListener('change', () => choose())
  apart(form, item.id)
  if (item.about) select.value = 'question'
  else {
    const suggested = item.suggested === 'objection' ? 'marketing' : item.suggested // no other objection is suggested
    select.value = [...select.options].find(({ value, disabled }) => value === suggested && !disabled)?.value ?? ''
  }
  choose()
  return {
    title: `Your email of ${day(item.receivedAt, at)}`,
    body: [
      ...item.messages.flatMap(message => shown(message, at)),
      item.repeats > 0 ? el('p', { class: 'when' }, `You wrote ${count(item.repeats, 'more time', 'more times')}. We have counted that, and kept no more.`) : '',
      select.value && !item.about ? el('p', {}, `We think you mean the following. Please correct it if we are wrong.`) : '',
      fresh ? '' : el('p', { class: 'when' }, 'With this link you can only ask a question or stop something. For everything else, you need a new link. See the top of this page.'),
      form,
    ],
    next: `We do nothing until you confirm it.${many ? ' One answer counts for all of it. You can ask for more on the page of your rights.' : ''}`,
    words: sends,
  }

  /** Shows what follows from the wish, and the fields of one that leaves a choice. */
  function choose() {
    const wish = select.selectedOptions[0]
    const template = wish.value && document.querySelector(`template[data-fields="${CSS.escape(wish.value)}"]`)
    fields.replaceChildren(template ? template.content.cloneNode(true) : '')
    if (item.messages.some(({ text }) => text)) fields.querySelector('[data-unread]')?.remove()
    apart(fields, item.id)
    marked(form)
    const joins = wish.value === 'question' && item.about && `We add it to “${right(item.about).title}”, which you asked for before. Our privacy team reads it there.`
    const how = doubt && wish.value !== 'question' && !['limit', 'statement'].includes(answer(wish.dataset.right)) ? 'team' : Object.hasOwn(follows, wish.value) ? wish.value : answer(wish.dataset.right)
    then.textContent = joins ? joins : wish.value ? follows[how] ?? follows.team : ''
  }
}

/** Gives the elements of a copy ids of their own: another part of the page may have the same fields. */
function apart(copy, id) {
  const own = name => name.endsWith(`-${id}`) ? name : `${name}-${id}`
  for (const node of copy.querySelectorAll('[id], [for], [aria-describedby], [aria-labelledby]')) {
    if (node.id) node.id = own(node.id)
    for (const name of ['for', 'aria-describedby', 'aria-labelledby']) {
      if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).split(' ').map(own).join(' '))
    }
  }
}

/**
 * What the sender has chosen on the card, as the JSON that confirms it. Without a choice, it says so at its field and returns nothing.
 * @param {HTMLElement} card
 */
export function chosen(card) {
  const form = card.querySelector('form.wish'), select = form.querySelector('select')
  if (!select.value) {
    const place = select.closest('[data-pointer]')
    mark(place, 'Please choose what we should do.')
    select.focus({ preventScroll: true })
    place.scrollIntoView({ block: 'center' }) // with its error
    return undefined
  }
  return filing([['right', select.selectedOptions[0].dataset.right], ...new FormData(form)])
}

/**
 * Says what came of it.
 * @param {Mail} item
 * @param {{id: string, right: string, dueAt: string, timeZone: string, statement?: string, state: string}} request
 */
export function settled(item, request) {
  const by = [' We answer by ', el('strong', {}, day(request.dueAt, request.timeZone)), ' at the latest.']
  if (request.id !== item.id) return ['Added to what you asked for before. Our privacy team sees it there.']
  if (request.statement) return [request.statement]
  if (answer(request.right) === 'limit' && request.state === 'fulfilled') return ['It has taken effect. We email you what it covers.']
  if (request.right === 'question') return ['Thank you. Our privacy team reads your email and answers you.', ...by]
  if (request.right === 'complaint') return ['We have received your complaint.', ...by]
  return undefined
}

