import { call, incomplete } from './api.js'
import { showChoices } from './choices.js'
import { $, busy, calm, fail, retitle, reveal } from './dom.js'
import { forget, readLink } from './link.js'

const { id, secret, path } = readLink(location)

// Nothing is sent before the button is pressed: mail scanners open links, some of them in a real browser (threat T10).
if (secret) $('ask').hidden = false
else fail(incomplete)

$('confirm').addEventListener('click', () => busy($('confirm'), confirm))

async function confirm() {
  calm()
  try {
    const held = await call('POST', `/v1/consents/confirm/${encodeURIComponent(id)}`, { body: { token: secret } })
    forget(history, path)
    showChoices(held)
    $('ask').hidden = true
    retitle('Your choice is confirmed')
    reveal($('done'))
  } catch (problem) {
    fail(problem)
  }
}
