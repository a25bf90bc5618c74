import { call, incomplete } from './api.js'
import { showChoices } from './choices.js'
import { $, busy, calm, facts, fail } from './dom.js'
import { mindFragment, readLink } from './link.js'
import { moment } from './words.js'

// The link works for a short time, so its secret stays in the fragment, and a reload shows the preferences again.
const { id, secret: token } = readLink(location)
const address = `/v1/preferences/${encodeURIComponent(id)}`

if (token) void load()
else fail(incomplete)
mindFragment()

$('retry').addEventListener('click', () => busy($('retry'), load))
$('withdraw-all').addEventListener('click', () => busy($('withdraw-all'), () => withdraw()))

async function load() {
  try {
    const consent = await call('GET', address, { token })
    calm()
    show(consent)
  } catch (problem) {
    fail(problem)
  }
}

// One press withdraws, without another question, because withdrawing must not take more than giving did (promise C03).
async function withdraw(purposes) {
  calm()
  try {
    show(await call('POST', `${address}/withdraw`, { token, body: purposes && { purposes } }))
    $('status').textContent = 'Withdrawn. This takes effect at once.'
    $('view').focus()
  } catch (problem) {
    fail(problem)
  }
}

function show(consent) {
  const decisions = Object.values(consent.decisions)
  const granted = decisions.filter(d => d.state === 'granted').length
  const none = consent.gpc ? 'None of these is in use. Without the Global Privacy Control signal, anything you agreed to before counts again, unless you withdraw it.' : 'You have not agreed to any of these.'
  $('summary').textContent = granted === 0 ? none : `You have agreed to ${granted} of these ${decisions.length}. You can withdraw each choice with one press.`
  showChoices(consent, (purpose, button) => busy(button, () => withdraw([purpose])))
  $('withdraw-all').hidden = granted === 0 && !consent.gpc // the signal hides whether there is a grant
  facts($('facts'), [
    ['Global Privacy Control', consent.gpc ? 'Your browser sends this signal, or sent it with your last choice. We honour it and keep marketing cookies off.' : 'Your browser does not send this signal, and did not send it with your last choice.'],
    ...(consent.recordedAt ? [['Last choice', moment(consent.recordedAt)], ['Policy version shown then', consent.policyVersion]] : []),
  ])
  $('view').hidden = false
}
