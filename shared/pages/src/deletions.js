// The deletions on the page of a mailbox: each with its plan, with the button that agrees to it, and with the time in which it can be cancelled.
import { call } from './api.js'
import { right } from './cards.js'
import { isEmpty, isOver, loadPlan, planView, saveCertificate } from './deletion.js'
import { $, busy, el } from './dom.js'
import { changesOf, deletes, left, wait } from './plan.js'
import { day, moment, waitsFor } from './words.js'

const proof = { session: true }
const second = 1000
const shown = new Map() // what the page shows of a deletion, by the id of its request

/**
 * @typedef {{withdraw: (request: object, button: HTMLButtonElement) => void, attempt: (act: () => Promise<void>) => Promise<void>, changed: () => void, look: () => Promise<void>}} Acts
 *   changed is called when a request turns out to be in another state; look asks the service for the requests once more
 */

/** Shows the deletions that are under way, and keeps them up to date until they are not among the requests any more. */
export function showDeletions(requests, page, acts) {
  const under = requests.filter(request => deletes(request) && (['open', 'fulfilling'].includes(request.state) && waitsFor(request) !== 'days' || shown.get(request.id)?.over))
  for (const [id, entry] of shown) {
    if (under.some(request => request.id === id)) continue
    clearTimeout(entry.timer)
    entry.gone = true
    entry.part.remove()
    shown.delete(id)
  }
  for (const request of under) {
    const entry = shown.get(request.id)
    if (entry) {
      Object.assign(entry, { request, page, acts })
      if (!entry.plan) draw(entry)
      continue
    }
    const made = { request, page, acts, part: el('article', { 'data-id': request.id, 'aria-label': right(request.right).title }), several: under.length > 1, tries: 0 }
    shown.set(request.id, made)
    $('deletions').append(made.part)
    if (waitsFor(request) !== 'team') draw(made)
    void refresh(made)
  }
  reveal()
}

const reveal = () => { $('deletion').hidden = ![...shown.values()].some(({ part }) => part.hasChildNodes()) }

/** Loads the plan, shows it if it is another one, and comes back when it may have changed by itself. */
async function refresh(entry) {
  clearTimeout(entry.timer)
  let plan
  try {
    plan = await loadPlan(entry.request.id, proof)
  } catch (problem) {
    if (problem.status !== 401) again(entry, 10 * second)
    else if (['cooling', 'erasing', 'mailing'].includes(entry.plan?.state)) entry.part.replaceChildren(...ended())
    return
  }
  if (entry.gone) return
  const key = JSON.stringify(plan ?? null)
  if (key !== entry.key) {
    const news = entry.plan?.state !== plan?.state
    Object.assign(entry, { plan, key, over: plan !== undefined && isOver(plan) })
    draw(entry)
    if (news) tell(entry)
  }
  const team = waitsFor(entry.request) === 'team'
  if (plan?.state === 'cooling') tick(entry)
  else if (!plan && ++entry.tries % 5 === 0) { // perhaps it waits for something else
    again(entry, 15 * second)
    await entry.acts.look().catch(() => {})
  } else if (!team && (!plan || ['planning', 'telling', 'erasing', 'mailing'].includes(plan.state))) again(entry, plan?.state === 'erasing' ? 5 * second : 3 * second)
}

function again(entry, pause) {
  if (!entry.gone) entry.timer = setTimeout(() => refresh(entry), pause)
}

/** Says how much time is left, until the deletion is due. */
function tick(entry) {
  const rest = Date.parse(entry.plan.erasesAt) - Date.now()
  const words = entry.part.querySelector('.left')
  if (words) words.textContent = left(rest)
  if (rest <= 0) again(entry, 3 * second)
  else entry.timer = setTimeout(() => entry.gone || tick(entry), Math.min(rest + second, 30 * second))
}

/** What a plan says about its request. */
const stateOf = { planned: ['open', 'you'], telling: ['open', 'cooling_off'], cooling: ['open', 'cooling_off'], erasing: ['fulfilling'], mailing: ['fulfilling'], watching: ['fulfilled'], done: ['fulfilled'], cancelled: ['withdrawn'] }

/** Tells the page, and a screen reader, that the deletion is in another state. */
function tell({ request, plan, part, acts }) {
  const [state, waitingFor] = stateOf[plan?.state] ?? []
  if (!state || request.state === state && waitsFor(request) === waitingFor || waitsFor(request) === 'team') return
  Object.assign(request, { state, waitingFor })
  acts.changed()
  $('status').textContent = part.querySelector('p')?.textContent ?? ''
}

const views = { planned, telling: cooling, cooling, erasing, mailing: erasing, watching: over, done: over }

function draw(entry) {
  const { request, plan, several, part } = entry
  const view = views[plan?.state] ?? (waitsFor(request) === 'team' || plan?.state === 'cancelled' ? () => [] : planning)
  const content = view(entry)
  part.replaceChildren(...content.length > 0 && several ? [el('p', { class: 'when' }, `${right(request.right).title}, asked on ${day(request.receivedAt, request.timeZone)}`)] : [], ...content)
  reveal()
}

function note(kind, ...content) {
  return el('div', { class: `note ${kind}`, tabindex: '-1' }, content)
}

function planning() {
  return [note('', el('p', {}, el('strong', {}, 'We are working out what will be deleted.')),
    el('p', {}, 'This usually takes a few seconds, and then the plan appears here by itself. You can also close this page: we email you a link to the plan.'))]
}

function press(entry, classes, words, doing, act) {
  const made = el('button', { type: 'button', class: classes, 'data-doing': doing }, words)
  made.addEventListener('click', () => act(entry, made))
  return made
}

const cancel = (entry, words, doing) => press(entry, 'withdraw', words, doing, ({ request, acts }, button) => acts.withdraw(request, button))

/** The plan, and the one button that agrees to it. It says what follows before the button, and what has changed since the person saw another plan. */
function planned(entry) {
  const { plan, page, changes } = entry
  const pause = wait(plan.coolingOffHours)
  return [
    plan.again && !changes ? note('', el('p', {}, el('strong', {}, 'Please read the plan again.')), el('p', {}, 'You agreed to another one. What we store about you has changed since, so nothing was deleted.')) : '',
    changes ? note('', el('p', {}, el('strong', {}, 'The plan has changed since you saw it, so nothing happened.')), el('ul', {}, changes.map(sentence => el('li', {}, sentence)))) : '',
    el('p', { class: 'lead' }, 'This is what we will do if you press the button below the plan. Nothing is deleted before that.'),
    planView(plan, entry.request.timeZone),
    el('h3', {}, 'What happens next'),
    el('p', {}, pause ? `After you press the button, we wait ${pause}. Until then you can cancel, here and by the link in the email that we send you.`
      : 'All of it is marketing data, so we delete it at once. You cannot cancel that.'),
    el('p', {}, 'What is deleted cannot be brought back. If you want to keep a copy, ', el('a', { href: '/request?right=access' }, 'ask for it'), ' first.'),
    page.fresh ? '' : el('p', {}, 'To agree to the plan, you need a new link. See the top of this page.'),
    el('p', { class: 'buttons' }, page.fresh ? press(entry, 'agree danger', 'Delete my data', 'Sending…', agree) : '', cancel(entry, 'Keep my data', 'Withdrawing…')),
  ].filter(Boolean)
}

function cooling(entry) {
  const { plan, request } = entry
  const begins = plan.erasesAt && plan.state === 'cooling'
    ? [el('p', {}, el('strong', {}, `Your data will be deleted on ${moment(plan.erasesAt)}.`)), el('p', {}, 'Time left to cancel: ', el('span', { class: 'left' }, left(Date.parse(plan.erasesAt) - Date.now())), '.')]
    : [el('p', {}, el('strong', {}, 'You agreed to the plan.')), el('p', {}, `We are sending you an email with a link to cancel. The ${wait(plan.coolingOffHours) || 'time'} until the deletion ${wait(plan.coolingOffHours) ? 'begin' : 'begins'} once it has left.`)]
  return [note('', ...begins, el('p', { class: 'buttons' }, cancel(entry, 'Cancel the deletion', 'Cancelling…'))), folded(plan, request)]
}

const folded = (plan, { timeZone }) => el('details', {}, el('summary', {}, 'Show the plan'), planView(plan, timeZone))

function erasing({ plan, request }) {
  return [note('', el('p', {}, el('strong', {}, 'We are deleting your data.')), el('p', {}, 'This cannot be cancelled any more. We email you once it is done.')), folded(plan, request)]
}

/** The deletion takes the links to this page with it, and so ends its session. */
function ended() {
  return [note('', el('p', {}, el('strong', {}, 'We are deleting your data.')),
    el('p', {}, 'The links to this page are deleted too, so the page does not follow it any more. We email you once it is done. That email has the way to the certificate.'))]
}

function over({ plan, request, acts }) {
  return [note('good', el('p', {}, el('strong', {}, 'It is done.')), el('p', {}, 'We have emailed you what was deleted, and what we keep.')), ...result(plan, request, acts)]
}

function none() {
  return [el('p', {}, 'We stored nothing that had to be deleted.')]
}

/** What was done, with the way to its certificate. */
function result(plan, request, { attempt }) {
  if (isEmpty(plan)) return none()
  const save = el('button', { type: 'button', class: 'certificate', 'data-doing': 'Loading…' }, 'Download the certificate')
  save.addEventListener('click', () => busy(save, () => attempt(() => saveCertificate(request.id, proof))))
  return [planView(plan, request.timeZone), el('p', {}, 'The certificate is a signed text that proves what was done. It names nobody.'), el('p', { class: 'buttons' }, save)]
}

/** Shows on the card of a request what was deleted. */
export async function showResult(request, card, button, attempt) {
  const plan = await loadPlan(request.id, proof)
  button.remove()
  const said = el('div', { class: 'became', tabindex: '-1' }, plan && isOver(plan) ? result(plan, request, { attempt }) : none())
  card.append(said)
  said.focus({ preventScroll: true })
}

/** Agrees to the plan on show, and to no other. If it has changed meanwhile, the page shows the new one, and what is different in it (threat T06). */
const agree = (entry, button) => busy(button, () => entry.acts.attempt(async () => {
  const before = entry.plan
  try {
    await call('POST', `/v1/requests/${encodeURIComponent(entry.request.id)}/confirm`, { ...proof, body: { plan: before.hash } })
    entry.changes = undefined
    await refresh(entry)
  } catch (problem) {
    if (problem.status !== 409) throw problem
    await refresh(entry)
    if (entry.plan?.hash === before.hash && entry.plan.state === 'planned') throw problem
    if (entry.plan?.state === 'planned') {
      entry.changes = changesOf(before, entry.plan)
      draw(entry)
    }
  }
  const first = entry.part.querySelector('.note')
  first?.focus({ preventScroll: true })
  first?.scrollIntoView()
  if (first) $('status').textContent = first.textContent
}))
