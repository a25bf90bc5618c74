import { call, incomplete } from './api.js'
import { showChoices } from './choices.js'
import { $, busy, calm, fail, retitle, reveal } from './dom.js'
import { mindFragment, readLink, settle, settled } from './link.js'
import { moment } from './words.js'

const { id, secret, path } = readLink(location)
let outcome = settled(history)

// The page sends nothing until somebody presses the button, because mail scanners open links, some in a real browser (threat T10).
if (outcome) show(`You confirmed your choice on ${moment(outcome.recordedAt)}. These were your choices then.`)
else if (secret) $('ask').hidden = false
else fail(incomplete)

$('confirm').addEventListener('click', () => busy($('confirm'), confirm))

// A person who opens the mail's link again in this tab still sees that the choice is confirmed.
mindFragment(() => outcome ? settle(history, path, outcome) : location.reload())

async function confirm() {
  calm()
  try {
    const { gpc, decisions, recordedAt } = await call('POST', `/v1/consents/confirm/${encodeURIComponent(id)}`, { body: { token: secret } })
    outcome = { gpc, decisions, recordedAt }
    settle(history, path, outcome)
    show('Thank you. These are your choices from now on.')
    reveal($('done'))
  } catch (problem) {
    fail(problem)
  }
}

function show(words) {
  $('thanks').textContent = words
  showChoices(outcome)
  $('ask').hidden = true
  $('done').hidden = false
  retitle('Your choice is confirmed')
}
