import { call, incomplete } from './api.js'
import { clockTable } from './clocks.js'
import { $, busy, calm, el, facts, fail, isBusy, table } from './dom.js'
import { mindFragment, readLink } from './link.js'
import { count, day, delay, event, exportState, holds, moment, renewal, result, returned, returnedEmpty, right, stateOf, waitsFor } from './words.js'

// The link works many times, so its secret stays in the fragment, and a reload shows the request again.
const { id, secret: token } = readLink(location)
const address = `/v1/requests/${encodeURIComponent(id)}`
const days = Number($('main').dataset.days) // for which nothing is answered through a new address
const waiting = ['open', 'fulfilling']
const unanswered = ['verifying', ...waiting]
const making = ({ exports }) => exports?.some(e => ['pending', 'building', 'sending'].includes(e.state)) ?? false

if (token) void load()
else fail(incomplete)
mindFragment()

// An email with the link to confirm may come back even later, which says nothing about the answer.
const cameBack = request => waiting.includes(request.state) && !making(request) &&
  request.events?.findLast(e => e.kind !== 'link_returned')?.kind === 'answer_returned'

async function load() {
  try {
    const request = await call('GET', address, { token })
    calm()
    show(request)
    if (waiting.includes(request.state) && !waitsFor(request) || making(request)) setTimeout(load, 5000)
  } catch (problem) {
    fail(problem)
  }
}

function show(request) {
  showState(request)
  $('clocks').replaceChildren(clockTable(request.clocks ?? [], request.timeZone, !unanswered.includes(request.state)))
  $('events').replaceChildren(...(request.events ?? []).map(e =>
    el('li', {}, el('time', { datetime: e.at }, moment(e.at)), ' ', event(e.kind, e.reason, days))))
  showExports(request.exports ?? [])
  facts($('facts'), [
    ['You asked for', right(request.right)], ['Received', moment(request.receivedAt)], ['Request number', el('code', {}, request.id)],
    ['Policy version', request.policyVersion],
    ...request.hasDetails ? [['Message', 'A message was sent with this request. We do not show it here, because a link can be forwarded. The answer to an access request shows it, once this request is confirmed.']] : [],
  ])
  showDecision(request)
  $('deadlines').hidden = ['withdrawn', 'lapsed'].includes(request.state) // no answer is due any more
  // A link to this page may have been forwarded, so it takes nothing back that holds (threat T30).
  $('withdraw').hidden = !unanswered.includes(request.state) || Boolean(holds(request))
  $('back').hidden = !holds(request)
  $('renew').hidden = !request.exports?.length || making(request) || request.state !== 'fulfilled' && !cameBack(request)
  $('view').hidden = false
}

function showState(request) {
  const again = request.state === 'fulfilled' && making(request)
  const stopped = request.state === 'fulfilling' && request.exports?.at(-1)?.state === 'stopped'
  const [name, meaning] = stopped ? delay : cameBack(request) ? request.exports?.length ? returned : returnedEmpty : again ? renewal : stateOf(request, days)
  if ($('state').firstChild?.textContent === name) return // said once, not at each refresh
  $('state').dataset.state = request.state
  $('state').className = `note ${again ? '' : { fulfilled: 'good', refused: 'bad' }[request.state] ?? ''}`
  const due = el('p', {}, request.state === 'verifying' ? 'Once you have confirmed, we answer by ' : 'We answer by ', el('strong', {}, day(request.dueAt, request.timeZone)), ' at the latest.')
  $('state').replaceChildren(el('h2', {}, name), el('p', {}, meaning), unanswered.includes(request.state) ? due : '')
  $('status').textContent = `State: ${name}.`
}

/** What our team decided, or why our answer takes longer, in the team's words. Whoever disagrees is told where to complain (promise L01). */
function showDecision({ outcome, extension, timeZone }) {
  const said = (title, { reason, decidedAt }) => [el('h2', {}, title), reason ? el('p', { class: 'reason' }, reason) : '', el('p', {}, el('small', {}, `Decided on ${day(decidedAt, timeZone)}.`))]
  $('decision').replaceChildren(
    ...outcome ? said(`Our decision: ${result(outcome.result)}`, outcome) : [],
    ...extension ? said('Why our answer takes longer', extension) : [])
  $('authorities').hidden = !outcome && !extension
}

function showExports(exports) {
  $('exports-title').hidden = exports.length === 0
  $('exports').replaceChildren(exports.length === 0 ? '' : table('Your files',
    ['Made', 'Link works'], exports.map(e => [
      [moment(e.createdAt), el('small', { class: 'kind' }, exportState(e.state))],
      linkOf(e),
    ])))
}

function linkOf({ expiresAt, usesLeft }) {
  if (!expiresAt) return '–'
  if (Date.parse(expiresAt) <= Date.now()) return 'expired'
  return usesLeft > 0 ? `until ${moment(expiresAt)}, ${count(usesLeft, 'more time', 'more times')}` : 'used up'
}

$('retry').addEventListener('click', () => busy($('retry'), load))

$('withdraw').addEventListener('click', () => isBusy($('withdraw')) || $('sure').showModal())

$('sure').addEventListener('close', () => {
  if ($('sure').returnValue === 'withdraw') void busy($('withdraw'), withdraw)
  $('sure').returnValue = ''
})

async function withdraw() {
  calm()
  try {
    await call('POST', `${address}/withdraw`, { token })
    await load()
    $('state').focus()
  } catch (problem) {
    fail(problem)
  }
}
