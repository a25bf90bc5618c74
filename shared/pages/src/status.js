import { call, incomplete } from './api.js'
import { clockTable } from './clocks.js'
import { $, busy, calm, el, facts, fail, isBusy, standing, table } from './dom.js'
import { isEmpty, isOver, loadPlan, optOutInstead, planView, saveCertificate } from './deletion.js'
import { mindFragment, readLink } from './link.js'
import { deletes, left } from './plan.js'
import { askWithdrawal } from './withdrawal.js'
import { count, day, delay, event, exportState, holds, moment, renewal, result, returned, returnedEmpty, right, stateOf, waitsFor } from './words.js'

// The link works many times, so its secret stays in the fragment, and a reload shows the request again.
const { id, secret: token } = readLink(location)
const address = `/v1/requests/${encodeURIComponent(id)}`
const days = Number($('main').dataset.days) // for which nothing is answered through a new address
const waiting = ['open', 'fulfilling']
const unanswered = ['verifying', ...waiting]
let shown // the request on show
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
    const next = await showDeletion(request)
    if (next) setTimeout(load, next)
    else if (waiting.includes(request.state) && !waitsFor(request) || making(request)) setTimeout(load, 5000)
  } catch (problem) {
    fail(problem)
  }
}

function show(request) {
  showState(request)
  $('clocks').replaceChildren(clockTable(request.clocks ?? [], request.timeZone, !unanswered.includes(request.state)))
  $('events').replaceChildren(...(request.events ?? []).map(e =>
    el('li', {}, el('time', { datetime: e.at }, moment(e.at)), ' ', event(e.kind, e.reason, days, request.right))))
  showExports(request.exports ?? [])
  facts($('facts'), [
    ['You asked for', right(request.right)], ['Received', moment(request.receivedAt)], ['Request number', el('code', {}, request.id)],
    ['Policy version', request.policyVersion],
    ...request.hasDetails ? [['Message', 'A message was sent with this request. We do not show it here, because a link can be forwarded. The answer to an access request shows it, once this request is confirmed.']] : [],
  ])
  showDecision(request, holds(request))
  $('deadlines').hidden = ['withdrawn', 'lapsed'].includes(request.state) // no answer is due any more
  // A link to this page may have been forwarded, so it takes nothing back that holds (threat T30).
  $('withdraw').hidden = !unanswered.includes(request.state) || Boolean(holds(request)) || deletes(request) && request.state === 'fulfilling'
  $('withdraw').textContent = waitsFor(request) === 'cooling_off' ? 'Cancel the deletion' : 'Withdraw this request'
  shown = request
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
function showDecision({ right, outcome, extension, timeZone }, held) {
  const said = (title, { reason, decidedAt }) => [el('h2', {}, title), reason ? el('p', { class: 'reason' }, reason) : '', el('p', {}, el('small', {}, `Decided on ${day(decidedAt, timeZone)}.`))]
  $('decision').replaceChildren(
    ...outcome ? said(`Our decision: ${result(outcome.result)}`, outcome) : [],
    held ? standing(outcome) : '',
    ...extension ? said('Why our answer takes longer', extension) : [],
    ...optOutInstead({ right, outcome }))
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

let plan // of a deletion, as it is shown

/**
 * Shows what a deletion will do or did, and until when it can be cancelled. It returns after how many milliseconds that may be something else, if the page
 * does not load again by itself.
 */
async function showDeletion(request) {
  if (!deletes(request) || request.outcome || !['open', 'fulfilling', 'fulfilled'].includes(request.state)) {
    $('deletion').replaceChildren()
    return undefined
  }
  try {
    const now = await loadPlan(id, { token })
    if (JSON.stringify(now) !== JSON.stringify(plan)) {
      plan = now
      $('deletion').replaceChildren(...now ? deletion(now, request) : [])
    }
  } catch {
    return 10_000 // all else is on show
  }
  if (plan?.state === 'telling') return 3000
  if (plan?.state !== 'cooling') return undefined
  const rest = Date.parse(plan.erasesAt) - Date.now()
  $('left').textContent = left(rest)
  return Math.min(Math.max(rest, 2000) + 1000, 30_000)
}

function deletion(now, { timeZone, state }) {
  const view = () => planView(now, timeZone)
  const folded = () => el('details', {}, el('summary', {}, 'Show the plan'), view())
  if (now.state === 'planned') return [el('p', {}, 'To read the plan and to agree to it, ', el('a', { href: '/me' }, 'open your privacy page'), '. This page cannot start the deletion.'), folded()]
  if (now.state === 'cooling') return [el('p', {}, el('strong', {}, `Your data will be deleted on ${moment(now.erasesAt)}.`), ' Time left to cancel: ', el('span', { id: 'left' }), '.'), folded()]
  if (!isOver(now)) return now.items?.length > 0 && now.state !== 'planning' ? [folded()] : []
  if (state !== 'fulfilled' || isEmpty(now)) return []
  const save = el('button', { type: 'button', id: 'certificate', 'data-doing': 'Loading…' }, 'Download the certificate')
  save.addEventListener('click', () => busy(save, () => saveCertificate(id, { token }).catch(fail)))
  return [
    el('p', { class: 'buttons' }, save),
    el('p', {}, 'The certificate is a signed text that proves what was done. It names nobody. ', el('a', { href: '/.well-known/jwks.json' }, 'Our public keys'), ' show that it is genuine.'),
    view(),
  ]
}

$('retry').addEventListener('click', () => busy($('retry'), load))

$('withdraw').addEventListener('click', () => isBusy($('withdraw')) || askWithdrawal(shown))

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
