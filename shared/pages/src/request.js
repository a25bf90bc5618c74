import { call } from './api.js'
import { $, busy, calm, fail, retitle, reveal } from './dom.js'
import { mindFragment, settle, settled } from './link.js'

const form = $('form')
const sent = settled(history)
form.noValidate = true // the script shows errors itself; without script the browser does

// After a reload the page still says that the request was sent, so that nobody sends it twice. The tab keeps the request's number, but not
// the address (threat T12).
if (sent) show(sent)
mindFragment(() => {}) // the fragment means nothing here, but a new one would start a history entry without the number

form.addEventListener('submit', submitted => {
  submitted.preventDefault()
  void busy($('send'), send)
})

$('again').addEventListener('click', () => {
  $('sent').hidden = true
  form.hidden = false
  form.reset()
  settle(history, location.href)
  retitle('Ask for your data')
  $('email').focus()
})

async function send() {
  calm()
  for (const place of form.querySelectorAll('[data-pointer]')) mark(place, '')
  const filled = new FormData(form)
  const body = { right: filled.get('right') ?? undefined, email: filled.get('email').trim(), language: document.documentElement.lang }
  if (filled.get('jurisdiction')) body.jurisdiction = filled.get('jurisdiction')
  if (filled.get('details').trim()) body.details = filled.get('details').trim()
  try {
    const answer = await call('POST', '/v1/requests', { body })
    const outcome = { id: answer.id }
    settle(history, location.href, outcome)
    $('sent-to').textContent = body.email
    show(outcome)
    reveal($('sent'))
  } catch (problem) {
    correct(problem)
  }
}

function show({ id }) {
  $('sent-id').textContent = id
  form.hidden = true
  $('sent').hidden = false
  retitle('Please check your email')
}

// Each error is shown at its field, and in the summary with a link to that field.
function correct(problem) {
  const wrong = (problem.errors ?? []).map(({ pointer, detail }) => {
    const place = form.querySelector(`[data-pointer="${CSS.escape(pointer)}"]`)
    if (!place) return { text: `${pointer.slice(1)} ${detail}.` }
    const text = `${place.dataset.name} ${detail}.`
    mark(place, text)
    return { text, field: place.querySelector('input, select, textarea') }
  })
  fail(wrong.length > 0 ? 'We could not send your request. Please correct the following:' : problem, wrong)
}

/** Shows an error at its field, or removes the error if there is no text. */
function mark(place, text) {
  const error = place.querySelector('.error')
  error.textContent = text
  error.hidden = !text
  place.classList.toggle('wrong', Boolean(text))
  const control = place.matches('fieldset') ? place : place.querySelector('input, select, textarea')
  if (text) control.setAttribute('aria-invalid', 'true')
  else control.removeAttribute('aria-invalid')
}
