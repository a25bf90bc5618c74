const laws = { policy: 'Our own policy', eu: 'GDPR (European Union)', uk: 'UK GDPR', california: 'CCPA (California)' }
const kinds = { acknowledge: 'an acknowledgement', answer: 'an answer' }
const rights = {
  access: 'Access: a copy of the data we hold about you', portability: 'Portability: the data you gave us, for use elsewhere', know: 'To know what we collect',
  rectification: 'Correction of your data', erasure: 'Deletion of your data', delete: 'Deletion of your personal information', objection: 'An objection to the use of your data',
  restriction: 'That we limit the use of your data', opt_out: 'That we do not sell or share your data (opt-out)', automated_decisions: 'A statement on automated decisions',
  child_erasure: 'A report about a child’s data', complaint: 'A complaint', question: 'A question',
}

/**
 * How a right is answered: data by a file, categories by a file that says which kinds of data there are, deletion by a deletion, limit by stopping something, statement by a text, team by a person. What this page does not know is answered by a
 * person.
 */
const answers = {
  access: 'data', portability: 'data', know: 'data', erasure: 'deletion', delete: 'deletion', objection: 'limit', restriction: 'limit', opt_out: 'limit', automated_decisions: 'statement',
}
export const answer = (id, scope) => id === 'know' && scope === 'categories' ? scope : Object.hasOwn(answers, id) ? answers[id] : 'team'

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

const carriedOut = ['Being carried out', 'It takes effect in a moment.']
const withTeam = ['With our team', 'Somebody from our team is looking at your request.']

/** The same for a request that is not answered by a file. */
const others = {
  limit: { open: carriedOut, fulfilling: carriedOut, withdrawn: ['Taken back', 'You took this back, so it no longer applies. You can send another at any time.'] },
  categories: {
    open: ['Confirmed', 'We are about to write the statement.'], fulfilling: ['In progress', 'We are writing the statement. We will email you the link to it.'],
  },
  statement: { open: ['Received', 'We answer it in a moment.'], fulfilled: ['Answered', 'Our statement on automated decisions answered it.'] },
  team: { open: withTeam, fulfilling: withTeam },
  deletion: {
    open: ['Being planned', 'We are working out what will be deleted. Nothing is deleted before you agree to it.'],
    fulfilling: ['Being deleted', 'We are deleting your data. This cannot be cancelled any more. We email you once it is done.'],
    fulfilled: ['Done', 'We emailed you what was deleted, and what we keep.'],
    withdrawn: ['Cancelled', 'You cancelled the deletion, and nothing was deleted. You can ask for it again at any time.'],
  },
}

/** The same for a deletion that waits for the person to agree to its plan, and for one that can still be cancelled. */
const planReady = ['Waits for you', 'The plan for the deletion is ready. Nothing is deleted before you agree to it.']
const coolingOff = ['Will be deleted', 'You agreed to the plan. You can still cancel the deletion.']

/** The same for what a request stops, while it stops it: for good, or while our team decides about it. */
const inForce = ['In force', 'It has taken effect, and holds until you take it back.']
const weighed = ['In force', 'It has taken effect. Our privacy team is looking at it, and emails you what they decide.']
const over = ['Ended', 'What it stopped is allowed again. You can send another at any time.']

/** An objection may name a use that protects others, which goes on until our team has decided (GDPR Art. 21(1)). So the page must not say that all of it stopped. */
const considered = ['Being considered', 'Our privacy team weighs your objection, and emails you what they decide. Until then we do not use your data for what you objected to, unless that use protects others.']

const grounds = {
  accuracy: 'the data is not accurate', unlawful: 'the use is unlawful, and you want the data kept', claims: 'you need the data for a legal claim', objection: 'you have objected to the use',
}
const scopes = { categories: 'Which kinds of data we collect', specific: 'The data itself' }

/**
 * What exactly a request asks for, in sentences. It has nothing that was written freely, since anybody may have filed the request.
 * @param {{scope?: string, ground?: string, purposes?: string[], categories?: string[]}} asked
 * @param {(kind: 'purpose' | 'category', id: string) => string} title of a purpose or a category, as the policy calls it
 */
export function askedFor({ scope, ground, purposes = [], categories = [] }, title) {
  const list = (kind, ids) => ids.map(id => title(kind, id)).join(', ')
  return [
    scope && `${Object.hasOwn(scopes, scope) ? scopes[scope] : plain(scope)}.`, ground && `The reason: ${Object.hasOwn(grounds, ground) ? grounds[ground] : plain(ground)}.`,
    purposes.length > 0 && `Only these uses: ${list('purpose', purposes)}.`, categories.length > 0 && `Only this data: ${list('category', categories)}.`,
  ].filter(Boolean)
}

/** What the state of a request is called, once our team decided, and what that means. */
const results = { done: ['Done', 'We did what you asked for.'], partly_done: ['Partly done', 'We did some of what you asked for.'], refused: ['Refused', 'We did not do what you asked for.'] }

/** The same for rights that are about an opinion and not about a deed, in the words of the mail about the decision. */
const verdicts = {
  objection: { done: 'We agree with your objection.', partly_done: 'We agree with a part of your objection.', refused: 'We do not agree with your objection.' },
  question: { done: 'We have answered your question.', partly_done: 'We have answered a part of your question.', refused: 'We cannot answer your question.' },
  complaint: { done: 'We have dealt with your complaint.', partly_done: 'We agree with a part of your complaint.', refused: 'We do not agree with your complaint.' },
}
const verdict = (right, id) => Object.hasOwn(verdicts, right ?? '') ? verdicts[right][id] : results[id][1]

/** The same for a request whose export failed for days, so that the team must restart it. */
export const delay = ['Delayed', 'We have not been able to send your data yet. We have told our privacy team, and they will look into it.']

/** The same for a request whose answer came back: with a link that can be renewed, or without one because nothing is stored. */
export const returned = ['Our answer came back', 'We emailed you the answer, but your mailbox did not take the email. We have told our privacy team. Once your mailbox works again, you can get a new link.']
export const returnedEmpty = ['Our answer came back', 'We emailed you the answer, but your mailbox did not take the email. We have told our privacy team, and they will send it again.']

/** The same for an answered request while another export is being made. */
export const renewal = ['A new link is on its way', 'We are gathering your data again. We will email you a new link.']

/** The same for a request that somebody from the team answers. It does not say why: the page of their mailbox does, as far as it may be said (threat T27). */
export const forTeam = withTeam

/** The same for a request from an address that is too new to be answered (threat T33). days is how long an address is that. */
const forDays = days => ['Confirmed', `This address was added to our records only recently. We answer ${count(days, 'day', 'days')} after that at the earliest, so that nobody else gets your data.`]

/**
 * What an unanswered request waits for besides its answer: the team, days to go by since its address was added, the person to agree to a plan, or the time
 * in which a deletion can be cancelled.
 * @returns {'team' | 'days' | 'you' | 'cooling_off' | undefined}
 */
export function waitsFor({ state, waitingFor, events = [] }) {
  if (state !== 'open') return undefined
  if (waitingFor) return ['team', 'you', 'cooling_off'].includes(waitingFor) ? waitingFor : 'days'
  return { for_team: 'team', waits: 'days', planned: 'you', agreed: 'cooling_off' }[events.findLast(e => ['for_team', 'released', 'waits', 'planned', 'agreed', 'exporting', 'retried', 'answer_returned'].includes(e.kind))?.kind]
}

/**
 * Reports whether what a request stopped is still stopped. The page of a mailbox says it; a status link has only the events.
 * @returns {boolean | undefined} undefined for a request that never stopped anything
 */
export function holds({ inForce, events = [] }) {
  if (inForce !== undefined) return inForce
  const last = events.findLast(e => ['in_force', 'lifted'].includes(e.kind))
  return last && last.kind === 'in_force'
}

/** What the state of a request is called, and what it means to the person who made it. days is how long an address is too new to be answered. */
export function stateOf(request, days) {
  const { right, scope, state, outcome } = request
  const waits = waitsFor(request), held = holds(request)
  if (held && ['open', 'fulfilling', 'fulfilled'].includes(state)) return waits !== 'team' ? inForce : right === 'objection' ? considered : weighed
  if (waits === 'team') return forTeam
  if (waits === 'days') return forDays(days)
  if (waits === 'you') return planReady
  if (waits === 'cooling_off') return coolingOff
  if (outcome && Object.hasOwn(results, outcome.result)) return [results[outcome.result][0], verdict(right, outcome.result)]
  if (held === false && state === 'fulfilled') return over
  return (right && others[answer(right, scope)]?.[state]) ?? states[state] ?? [plain(state), '']
}

const events = {
  received: 'We received your request',
  verified: 'You confirmed it',
  exporting: 'We started to gather your data',
  stopped: 'We could not send your data and told our privacy team',
  retried: 'Our privacy team started again',
  answered: 'We emailed you the answer',
  nothing_held: 'We emailed you that we store no records under this address',
  withdrawn: 'You withdrew it',
  lapsed: 'Nobody confirmed it in time',
  repeated: 'It repeated a request that was already waiting, so we counted it there',
  discarded: 'You told us that you had not sent it',
  joined: 'We added your email to the request that it answers',
  planned: 'We worked out what will be deleted, and asked you to agree',
  agreed: 'You agreed to the plan',
  erasing: 'The deletion began',
  erased: 'The deletion was done',
  ended: 'It ended, because what you had asked for was deleted',
  agreed_returned: 'An email that says how to cancel the deletion came back',
  for_team: 'Somebody from our team is looking at your request',
  released: 'Our team made sure of your address, and we went on',
  in_force: 'It took effect',
  lifted: 'What was stopped is allowed again',
  extended: 'We emailed you that our answer takes longer, and why',
  extension_dropped: 'Our answer was to take longer, but we had not told you in time, so the first deadline counts',
  closed: 'Our team decided, and emailed you the outcome',
  link_returned: 'Our email with the link to confirm it came back',
  answer_returned: 'Our email with the answer came back, and we told our privacy team',
  extension_returned: 'Our email about the longer time came back',
  closing_returned: 'Our email with the outcome came back, and we told our privacy team',
}

const reasons = {
  general: 'the mail server refused it, or answered automatically', no_email: 'there is no such mailbox', mailbox_full: 'the mailbox is full',
  suppressed: 'our mail provider does not deliver to this address', on_account_suppression_list: 'our mail provider does not deliver to this address',
  message_too_large: 'the mail server takes no email of this size', content_rejected: 'the mail server refused its content', attachment_rejected: 'the mail server refused its content',
  custom_timeout_exceeded: 'the mail server did not take it in time', undetermined: 'the mail server gave no clear reason',
  bad_content: 'our mail provider refused to send it', not_rendered: 'our mail provider could not write it', other: 'for another reason',
  late: 'the first deadline had passed', unmailable: 'no email reaches your address, or none may go there',
}

const exportStates = {
  pending: 'waiting', building: 'being made', sending: 'being emailed', sent: 'emailed', superseded: 'replaced by a newer one',
  stopped: 'could not be sent',
  cancelled: 'cancelled', returned: 'its email came back', expired: 'expired',
}

/** Why a purpose is off, whatever was chosen before: because of a request with one of these rights. */
const because = {
  objection: on => `Off, because you objected${on}. If you agree to it again, your new choice counts.`,
  opt_out: on => `Off, because you opted out${on}. To allow it again, take your opt-out back under “Your requests”.`,
}

/**
 * The current state of one purpose, in words.
 * @param {{state: string, because?: string, decidedAt?: string, expiresAt?: string}} decision
 * @param {string} zone the controller's time zone, in which days are counted
 * @param {boolean} [signalled] whether Global Privacy Control denies it, whatever was chosen (promise D01)
 */
export function consent({ state, because: reason, decidedAt, expiresAt }, zone, signalled) {
  if (Object.hasOwn(because, reason ?? '')) return because[reason](decidedAt ? ` on ${day(decidedAt, zone)}` : '')
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
 * @param {string} [right] that was asked for
 */
export function event(id, reason, days, right) {
  if (id === 'answered' && answer(right) === 'limit') return 'We emailed you what it covers' // our team may still have to decide about it
  if (id === 'for_team' && reason === 'unagreed') return 'Nobody agreed to the plan, so our team is looking at your request'
  if (id === 'for_team' && reason === 'judgement') return 'Our privacy team has to decide about it'
  if (id === 'closed') return `${events.closed}${Object.hasOwn(results, reason ?? '') ? `: ${result(reason)}` : ''}`
  if (id === 'waits') return `This address was added to our records only recently, so we answer ${count(days, 'day', 'days')} after that at the earliest`
  return (events[id] ?? plain(id)) + (reason && id !== 'for_team' ? ` (${reasons[reason] ?? plain(reason).toLowerCase()})` : '')
}

/** What our team decided, in a word or two. */
export const result = id => (Object.hasOwn(results, id) ? results[id][0] : plain(id)).toLowerCase()

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
