import { call, incomplete } from './api.js'
import { clockTable } from './clocks.js'
import { $, busy, calm, fail, retitle, reveal } from './dom.js'
import { mindFragment, readLink, settle, settled } from './link.js'
import { day } from './words.js'

const { id, secret, path } = readLink(location)
let outcome = settled(history)

// The page sends nothing until somebody presses the button, because mail scanners open links, some in a real browser (threat T10).
if (outcome) show()
else if (secret) $('ask').hidden = false
else fail(incomplete)

$('confirm').addEventListener('click', () => busy($('confirm'), confirm))

// A person who opens the mail's link again in this tab still sees that the request is confirmed.
mindFragment(() => outcome ? settle(history, path, outcome) : location.reload())

async function confirm() {
  calm()
  try {
    const { dueAt, timeZone, clocks } = await call('POST', `/v1/requests/${encodeURIComponent(id)}/verify`, { body: { token: secret } })
    outcome = { dueAt, timeZone, clocks }
    settle(history, path, outcome)
    show()
    reveal($('done'))
  } catch (problem) {
    fail(problem)
  }
}

function show() {
  $('due').textContent = day(outcome.dueAt, outcome.timeZone)
  $('clocks').replaceChildren(clockTable(outcome.clocks, outcome.timeZone))
  $('ask').hidden = true
  $('done').hidden = false
  retitle('Your request is confirmed')
}
