import { call, explain, incomplete, isDead } from './api.js'
import { agrees, conclude, deadlines, needsFresh, pendingCard, requestCard, say } from './cards.js'
import { askWithdrawal, takesBack } from './withdrawal.js'
import { change } from './changes.js'
import { showChoices } from './choices.js'
import { showDeletions, showResult } from './deletions.js'
import { $, busy, calm, el, fail, isBusy, retitle, reveal } from './dom.js'
import { showDoubt } from './doubt.js'
import { wrongIn } from './fields.js'
import { chosen, isMail, settled } from './mails.js'
import { mindFragment, readLink, readMailbox, settle } from './link.js'
import { deletes } from './plan.js'
import { answer, count, day, hour, renewal, waitsFor } from './words.js'

// The link's secret opens a session, which the browser keeps in a cookie that no script can read. So the secret has done its work as soon as
// the page is open, and a reload shows the page by its session (threat T12).
const { secret, path } = readLink(location)
const link = readMailbox(secret)
const { zone, life, days } = $('main').dataset
const titles = { sent: 'Please check your email', closed: 'Your page is closed' }
const session = true
let me // the last answer of the service
let page // what all cards depend on
let withdrawn // the request about which the dialog asks, and its button

// The page sends nothing until somebody presses the button, because mail scanners open links, some in a real browser (threat T10).
if (link) stage('ask')
else if (secret) refuse(incomplete)
else void load()
mindFragment()

/** Shows one part of the page. Once the page is not open any more, nothing that it showed stays in it. */
function stage(shown) {
  for (const part of ['ask', 'find', 'sent', 'view', 'closed']) $(part).hidden = part !== shown
  if (shown !== 'view') forget()
  retitle(titles[shown] ?? 'Your privacy page')
}

function forget() {
  me = page = undefined
  showDoubt()
  showDeletions([])
  for (const emptied of [$('pending'), $('requests'), $('summary'), $('status'), ...document.querySelectorAll('.state')]) emptied.replaceChildren()
  for (const row of document.querySelectorAll('[data-purpose]')) delete row.dataset.state
}

$('open').addEventListener('click', () => busy($('open'), async () => {
  calm()
  try {
    me = await call('POST', `/v1/links/${encodeURIComponent(link.mailbox)}/open`, { session, body: { token: link.token } })
    settle(history, path)
    show()
    reveal($('summary'))
  } catch (problem) {
    if (!isDead(problem)) return trouble(problem)
    settle(history, path)
    refuse(problem)
  }
}))

/** Says that the link does not work, in the same words whatever the reason (threat T11), and offers another one. */
function refuse(problem) {
  stage('find')
  fail(problem)
}

$('retry').addEventListener('click', () => busy($('retry'), load))

/** Loads the page by its session, and returns whether it is open. */
async function load() {
  try {
    me = await call('GET', '/v1/me', { session })
    calm()
    show()
    return true
  } catch (problem) {
    if (problem.status === 401) {
      calm()
      stage('find')
    } else {
      trouble(problem)
      $('retry').hidden = false
    }
    return false
  }
}

function show() {
  const { fresh, endsAt, pending, requests, preferences } = me
  page = { fresh, doubt: me.doubt ?? (preferences ? undefined : 'unknown'), zone, days: Number(days) }
  $('stale').hidden = fresh || Boolean(page.doubt) && !pending.some(needsFresh)
  $('mailed').hidden = true
  $('pending').replaceChildren(...pending.map(item => pendingCard(item, page, (what, card, button) => busy(button, () => decide(what, item, card)))))
  $('pending').closest('section').hidden = pending.length === 0
  $('ends').textContent = ` Otherwise it closes by itself at ${hour(endsAt)}.`
  showDoubt(page.doubt, (purpose, card, button) => busy(button, () => refuseForAll(purpose, card)))
  showRequests(requests)
  if (preferences) showPreferences(preferences)
  stage('view')
}

function sum() {
  const length = me.pending.length + me.requests.filter(request => waitsFor(request) === 'you').length
  $('summary').textContent = length === 0 ? 'Nothing waits for your answer.' : `${count(length, 'thing waits', 'things wait')} for your answer.`
}

function showRequests(requests) {
  me.requests = requests
  sum()
  showDeletions(requests, page, { withdraw: ask, attempt, changed: () => showRequests(me.requests), look })
  $('requests').replaceChildren(...requests.map(request => requestCard(request, page, {
    withdraw: (_, button) => ask(request, button),
    result: (card, button) => busy(button, () => attempt(() => showResult(request, card, button, attempt))),
    renew: (card, button) => busy(button, () => attempt(async () => {
      await call('POST', `/v1/requests/${encodeURIComponent(request.id)}/exports`, { session })
      request.renewable = false
      button.remove()
      conclude(card, 'good', renewal.join('. '))
    })),
  })))
  $('no-requests').hidden = requests.length > 0
}

/** Shows the requests as the service has them now, and the choices too if they may have changed. */
async function look(choices = false) {
  const { requests, preferences } = await call('GET', '/v1/me', { session })
  if (!me) return
  showRequests(requests)
  if (choices && preferences) showPreferences(preferences)
}

/** Asks whether a request is to be withdrawn. */
function ask(request, button) {
  if (isBusy(button)) return
  withdrawn = { request, button }
  askWithdrawal(request)
}

function showPreferences(preferences) {
  me.preferences = preferences
  showChoices($('choices'), preferences, zone, (id, state) => {
    const grants = state !== 'granted'
    if (grants && !me.fresh) return undefined
    const [words, doing] = grants ? ['Agree', 'Agreeing…'] : ['Withdraw', 'Withdrawing…']
    const button = el('button', { type: 'button', id: `choose-${id}`, 'data-doing': doing, 'aria-describedby': `purpose-${id}` }, words)
    // One press is enough, because withdrawing must not take more than giving did (promise C03).
    button.addEventListener('click', () => busy(button, () => choose(id, grants)))
    return button
  })
  if (!$('browser')) return
  showChoices($('browser'), preferences, zone)
  $('signal').hidden = !preferences.gpc
}

/** Confirms or discards one thing that waits, and that thing alone (threat T06). A mail is confirmed as what its sender says that it means. */
const decide = (what, item, card) => attempt(async () => {
  const isRequest = item.kind === 'request', means = isMail(item) && what === 'confirm'
  const body = means ? chosen(card) : undefined
  if (means && !body) return
  const answer = await call('POST', `/v1/${isRequest && what === 'confirm' ? 'requests' : 'pending'}/${encodeURIComponent(item.id)}/${what}`, { session, body })
  if (item.kind === 'change') {
    const { accepted, stopped } = change(item, page)
    conclude(card, 'good', what === 'confirm' ? accepted : stopped)
  } else if (what === 'discard') {
    conclude(card, '', 'Discarded. We will not act on it.')
  } else if (means) {
    const said = settled(item, answer)
    card.querySelector('form.wish').remove()
    if (said) conclude(card, 'good', ...said)
    else confirmed(card, { ...item, right: answer.right, scope: body.scope }, answer)
    if (said && !page.doubt) await look(true).catch(() => {}) // it counts all the same
  } else if (isRequest) {
    confirmed(card, item, answer)
  } else if (page.doubt) {
    conclude(card, 'good', agrees(item) ? 'Confirmed.' : 'Confirmed. It counts for everybody who uses this address.')
  } else {
    conclude(card, 'good', 'Confirmed. It is now under “Your choices”.')
    showPreferences(answer)
  }
  me.pending = me.pending.filter(other => other !== item)
  sum()
}, card)

/** Says what follows from a request that was confirmed, and shows it among the requests, unless the page shows none. */
function confirmed(card, { right, scope }, request) {
  const then = {
    team: 'Somebody from our team is looking at your request. We answer by ',
    categories: 'We write the statement, which usually takes a few minutes, and email you a link to it. We answer by ',
    limit: 'It takes effect now, and we email you what it covers. Whatever is left to decide, we decide by ',
    days: `This address was added to our records only recently, so we answer ${count(page.days, 'day', 'days')} after that at the earliest, and by `,
  }[page.doubt ? 'team' : waitsFor(request) ?? answer(right, scope)] ?? 'We gather your data, which usually takes a few minutes, and email you a link to it. We answer by '
  if (deletes(request) && !page.doubt && !waitsFor(request)) { // what follows is shown in a place of its own
    card.remove()
    $('pending').closest('section').hidden = $('pending').children.length === 0
    showRequests([request, ...me.requests])
    $('deletion').scrollIntoView()
    $('deletion-title').focus({ preventScroll: true })
    $('status').textContent = 'Confirmed. We are working out what will be deleted.'
    return
  }
  const result = conclude(card, 'good', 'Confirmed. ', then, el('strong', {}, day(request.dueAt, request.timeZone)), ' at the latest.')
  result.append(deadlines(request))
  if (!page.doubt) showRequests([request, ...me.requests])
}

/** Refuses a purpose for everybody who uses an address. Of what they had chosen before, the page shows nothing (threat T27). */
const refuseForAll = (purpose, card) => attempt(async () => {
  await call('POST', '/v1/preferences', { session, body: { decisions: { [purpose]: 'denied' } } })
  conclude(card, 'good', 'Refused, for everybody who uses this address.')
})

const choose = (id, grants) => attempt(async () => {
  showPreferences(await call('POST', '/v1/preferences', { session, body: { decisions: { [id]: grants ? 'granted' : 'denied' } } }))
  const card = $(`purpose-${id}`).parentElement
  card.querySelector('.state').focus()
  say(card, card.querySelector('.state'))
})

$('sure').addEventListener('close', () => {
  const { request, button } = withdrawn
  if ($('sure').returnValue === 'withdraw') void busy(button, () => attempt(() => withdraw(request)))
  $('sure').returnValue = ''
})

async function withdraw(request) {
  const back = takesBack(request) // it may have switched off choices, which the page then shows again
  await call('POST', `/v1/requests/${encodeURIComponent(request.id)}/withdraw`, { session })
  if (back) me = await call('GET', '/v1/me', { session })
  else Object.assign(request, { state: 'withdrawn', renewable: false })
  if (back && me.preferences) showPreferences(me.preferences)
  showRequests(me.requests)
  const card = [...$('requests').children].find(({ dataset }) => dataset.id === request.id)
  card.querySelector('.meaning').focus()
  say(card, card.querySelector('.meaning'))
}

for (const id of ['renew', 'again']) {
  $(id).addEventListener('click', () => busy($(id), () => attempt(async () => {
    await call('POST', '/v1/links', { session, body: {} })
    $('stale').hidden = true
    reveal($('mailed'))
  })))
}

$('close').addEventListener('click', () => busy($('close'), () => attempt(async () => {
  await call('POST', '/v1/links/end', { session })
  stage('closed')
  reveal($('closed'))
})))

/** Runs an act of the open page, and explains why it failed: at the fields of the card, if it has some. */
async function attempt(act, card) {
  calm()
  try {
    await act()
  } catch (problem) {
    switch (problem.status) {
      case 401:
        stage('find')
        trouble(problem, `Your privacy page is not open any more. It closes by itself after ${life}, and when you close it in another window. Your last press did nothing. To open the page again, enter your email address below to get a new link.`)
        break
      case 403:
        trouble(problem, 'This needs a new link, because the link to this page was opened before.')
        $('again').hidden = false
        break
      case 404:
        if (await load()) trouble(problem, 'This does not wait any more. It may have been decided in another window, or its time may be over. Below is what is true now.')
        break
      default: {
        const form = card?.querySelector('form.wish')
        const wrong = form ? wrongIn(form, problem) : []
        if (wrong.length > 0) trouble(problem, 'Please correct the following:', wrong)
        else trouble(problem)
      }
    }
  }
}

/** Shows what went wrong. Only the page's first load has a button to try again: everything else is tried again by its own button. */
function trouble(problem, words = explain(problem), wrong = []) {
  fail(words, wrong)
  $('retry').hidden = true
  $('again').hidden = true
}

$('form').addEventListener('submit', submitted => {
  submitted.preventDefault()
  void busy($('send'), send)
})

async function send() {
  calm()
  mark('')
  const email = $('email').value.trim()
  try {
    await call('POST', '/v1/links', { body: { email } })
    $('sent-to').textContent = email
    stage('sent')
    reveal($('sent'))
  } catch (problem) {
    const wrong = (problem.errors ?? []).map(({ detail }) => ({ text: `Your email address ${detail}.`, field: $('email') }))
    mark(wrong.map(({ text }) => text).join(' '))
    if (wrong.length > 0) trouble(problem, 'We could not send a link. Please correct the following:', wrong)
    else trouble(problem)
  }
}

function mark(text) {
  $('error-email').textContent = text
  $('error-email').hidden = !text
  $('place').classList.toggle('wrong', Boolean(text))
  if (text) $('email').setAttribute('aria-invalid', 'true')
  else $('email').removeAttribute('aria-invalid')
}

$('other').addEventListener('click', () => {
  stage('find')
  $('email').focus()
})
