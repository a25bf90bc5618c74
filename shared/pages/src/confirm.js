import { call } from './api.js'
import { showChoices } from './choices.js'
import { $, busy, calm, fail, reveal } from './dom.js'
import { forget, readLink } from './link.js'

const { id, secret, path } = readLink(location)

// Nothing is sent before the button is pressed: mail scanners open links, some of them in a real browser (threat T10).
if (secret) $('ask').hidden = false
else fail('A part of the link is missing. Please open it from the mail again, or copy all of it.')

$('confirm').addEventListener('click', () => busy($('confirm'), confirm))

async function confirm() {
  calm()
  try {
    const { decisions } = await call('POST', `/v1/consents/confirm/${encodeURIComponent(id)}`, { body: { token: secret } })
    forget(history, path)
    showChoices(decisions)
    $('ask').hidden = true
    reveal($('done'))
  } catch (problem) {
    fail(problem)
  }
}
