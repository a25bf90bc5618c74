import { call, incomplete } from './api.js'
import { clockTable } from './clocks.js'
import { $, busy, calm, fail, retitle, reveal } from './dom.js'
import { forget, readLink } from './link.js'
import { day } from './words.js'

const { id, secret, path } = readLink(location)

// Nothing is sent before the button is pressed: mail scanners open links, some of them in a real browser (threat T10).
if (secret) $('ask').hidden = false
else fail(incomplete)

$('confirm').addEventListener('click', () => busy($('confirm'), confirm))

async function confirm() {
  calm()
  try {
    const request = await call('POST', `/v1/requests/${encodeURIComponent(id)}/verify`, { body: { token: secret } })
    forget(history, path)
    $('due').textContent = day(request.dueAt, request.timeZone)
    $('clocks').replaceChildren(clockTable(request.clocks, request.timeZone))
    $('ask').hidden = true
    retitle('Your request is confirmed')
    reveal($('done'))
  } catch (problem) {
    fail(problem)
  }
}
