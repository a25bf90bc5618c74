const laws = { policy: 'Our own policy', eu: 'GDPR (European Union)', uk: 'UK GDPR', california: 'CCPA (California)' }
const kinds = { acknowledge: 'an acknowledgement', answer: 'an answer' }
const rights = { access: 'Access: a copy of the data we hold about you', portability: 'Portability: the data you gave us, for use elsewhere' }

/** What each state of a request means to the person who made it. */
const states = {
  verifying: ['Waiting for your confirmation', 'Please open the link in our email and confirm the request on the page that it leads to.'],
  open: ['Confirmed', 'We are about to gather your data.'],
  fulfilling: ['In progress', 'We are gathering your data. We will email you the link to it.'],
  fulfilled: ['Answered', 'We sent you the answer by email.'],
  refused: ['Refused', 'We sent you the reasons by email.'],
  withdrawn: ['Withdrawn', 'You withdrew this request. You can send another at any time.'],
  lapsed: ['Lapsed', 'Nobody confirmed this request in time. You can send another at any time.'],
}

/** The same for a request whose export failed for days, so that the team must restart it. */
export const delay = ['Delayed', 'We have not been able to send your data yet. We have told our privacy team, and they will look into it.']

/** The same for a request whose answer came back: with a link that can be renewed, or without one because nothing is stored. */
export const returned = ['Our answer came back', 'We emailed you the answer, but your mailbox did not take the email. We have told our privacy team. Once your mailbox works again, you can get a new link.']
export const returnedEmpty = ['Our answer came back', 'We emailed you the answer, but your mailbox did not take the email. We have told our privacy team, and they will send it again.']

/** The same for an answered request while another export is being made. */
export const renewal = ['A new link is on its way', 'We are gathering your data again. We will email you a new link.']

/** The same for a request that somebody from the team answers. It does not say why: the page of their mailbox does, as far as it may be said (threat T27). */
export const forTeam = ['With our team', 'Somebody from our team is looking at your request.']

/** The same for a request from an address that is too new to be answered (threat T33). days is how long an address is that. */
const forDays = days => ['Confirmed', `This address was added to our records only recently. We answer ${count(days, 'day', 'days')} after that at the earliest, so that nobody else gets your data.`]

/**
 * What an unanswered request waits for besides its answer: the team, or days to go by since its address was added.
 * @returns {'team' | 'days' | undefined}
 */
export function waitsFor({ state, waitingFor, events = [] }) {
  if (state !== 'open') return undefined
  if (waitingFor) return waitingFor === 'team' ? 'team' : 'days'
  return { for_team: 'team', waits: 'days' }[events.findLast(e => ['for_team', 'waits', 'exporting', 'retried', 'answer_returned'].includes(e.kind))?.kind]
}

/** What the state of a request is called, and what it means to the person who made it. days is how long an address is too new to be answered. */
export function stateOf(request, days) {
  switch (waitsFor(request)) {
    case 'team': return forTeam
    case 'days': return forDays(days)
    default: return states[request.state] ?? [plain(request.state), '']
  }
}

const events = {
  received: 'We received your request',
  verified: 'You confirmed it',
  exporting: 'We started to gather your data',
  stopped: 'We could not send your data and told our privacy team',
  retried: 'Our privacy team started again',
  answered: 'We emailed you the link to your data',
  nothing_held: 'We emailed you that we store no records under this address',
  withdrawn: 'You withdrew it',
  lapsed: 'Nobody confirmed it in time',
  repeated: 'It repeated a request that was already waiting, so we counted it there',
  discarded: 'You told us that you had not sent it',
  for_team: 'Somebody from our team is looking at your request',
  link_returned: 'Our email with the link to confirm it came back',
  answer_returned: 'Our email with the answer came back, and we told our privacy team',
}

const reasons = {
  general: 'the mail server refused it, or answered automatically', no_email: 'there is no such mailbox', mailbox_full: 'the mailbox is full',
  suppressed: 'our mail provider does not deliver to this address', on_account_suppression_list: 'our mail provider does not deliver to this address',
  message_too_large: 'the mail server takes no email of this size', content_rejected: 'the mail server refused its content', attachment_rejected: 'the mail server refused its content',
  custom_timeout_exceeded: 'the mail server did not take it in time', undetermined: 'the mail server gave no clear reason',
  bad_content: 'our mail provider refused to send it', not_rendered: 'our mail provider could not write it', other: 'for another reason',
}

const exportStates = {
  pending: 'waiting', building: 'being made', sending: 'being emailed', sent: 'emailed', superseded: 'replaced by a newer one',
  stopped: 'could not be sent',
  cancelled: 'cancelled', returned: 'its email came back', expired: 'expired',
}

/**
 * The current state of one purpose, in words.
 * @param {{state: string, decidedAt?: string, expiresAt?: string}} decision
 * @param {string} zone the controller's time zone, in which days are counted
 * @param {boolean} [signalled] whether Global Privacy Control denies it, whatever was chosen (promise D01)
 */
export function consent({ state, decidedAt, expiresAt }, zone, signalled) {
  if (signalled) return 'Your browser’s Global Privacy Control signal keeps this off, whatever you chose.'
  switch (state) {
    case 'granted': return `You agreed on ${day(decidedAt, zone)}. This lasts until ${day(expiresAt, zone)}, unless you withdraw it.`
    case 'denied': return `You refused or withdrew this on ${day(decidedAt, zone)}.`
    case 'expired': return `Your choice expired on ${day(expiresAt, zone)}. Until you choose again, it counts as a no.`
    default: return 'You have not decided. Until you do, it counts as a no.'
  }
}

export const law = id => laws[id] ?? plain(id)
export const kind = id => kinds[id] ?? plain(id)
export const right = id => rights[id] ?? plain(id)

/**
 * What happened to a request. Why the team looks at it is said on the page of the mailbox (threat T27). days is how long an address is too new to be answered.
 * @param {string} id the kind of the event
 * @param {string} [reason]
 * @param {number} [days]
 */
export function event(id, reason, days) {
  if (id === 'waits') return `This address was added to our records only recently, so we answer ${count(days, 'day', 'days')} after that at the earliest`
  return (events[id] ?? plain(id)) + (reason && id !== 'for_team' ? ` (${reasons[reason] ?? plain(reason).toLowerCase()})` : '')
}

export const exportState = id => exportStates[id] ?? plain(id)

/** A machine word as plain words. */
export function plain(word) {
  const text = String(word ?? '').replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The day of a deadline in the controller's time zone (promise H13); in UTC if the browser does not know that zone. */
export function day(time, timeZone) {
  try {
    return format(time, { dateStyle: 'long', timeZone })
  } catch {
    return format(time, { dateStyle: 'long', timeZone: 'UTC' })
  }
}

/** A date such as 2031-04-05 in words; empty for any other text. */
export function date(text) {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? format(text, { dateStyle: 'long', timeZone: 'UTC' }) : ''
}

/** A time in the past, shown in the reader's own time zone. */
export function moment(time) {
  return format(time, { dateStyle: 'medium', timeStyle: 'short' })
}

/** Hours and minutes, in the reader's own time zone. */
export const hour = time => format(time, { timeStyle: 'short' })

function format(time, options) {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? '' : new Intl.DateTimeFormat('en-GB', options).format(date)
}

/** A size in units of 1,000, as systems show it; it does not break across lines. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes}\u00a0bytes`
  const units = ['kB', 'MB', 'GB', 'TB']
  let unit = -1
  do {
    bytes /= 1000
    unit++
  } while (bytes >= 999.5 && unit < units.length - 1)
  return `${bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)}\u00a0${units[unit]}`
}

export const count = (n, one, many) => `${new Intl.NumberFormat('en-GB').format(n)} ${n === 1 ? one : many}`
