import { call } from './api.js'
import { $, busy, calm, el, fail, retitle, reveal } from './dom.js'
import { filing, placeOf } from './filing.js'
import { mindFragment, settle, settled } from './link.js'

const form = $('form')
const title = document.querySelector('h1').textContent
const places = [...form.querySelectorAll('[data-pointer]')]
const ends = [...$('sent').querySelectorAll('[data-state]')] // what is said after the form was sent, by the state of the request
const sent = settled(history)
form.noValidate = true // the script shows errors itself; without script the browser does

// After a reload the page still says that the request was sent, so that nobody sends it twice. The tab keeps the request's number and state, but
// not the address (threat T12).
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
  retitle(title)
  $('email').focus()
})

async function send() {
  calm()
  for (const place of places) mark(place, '')
  const body = filing(new FormData(form))
  try {
    const answer = await call('POST', '/v1/requests', { body })
    const outcome = { id: answer.id, state: answer.state }
    settle(history, location.href, outcome)
    for (const address of document.querySelectorAll('.sent-to')) address.textContent = body.email
    if (answer.statement && $('statement')) $('statement').textContent = answer.statement
    showStopped(body.purposes ?? [])
    show(outcome)
    reveal($('sent'))
  } catch (problem) {
    correct(problem)
  }
}

function show({ id, state }) {
  const end = ends.find(({ dataset }) => dataset.state === state) ?? ends[0]
  for (const other of ends) other.hidden = other !== end
  $('sent-id').textContent = id
  form.hidden = true
  $('sent').hidden = false
  retitle(end.dataset.title)
}

/** Names what was stopped, in the words of the form. */
function showStopped(purposes) {
  if (!$('stopped')) return
  $('stopped').replaceChildren(...purposes.map(id => el('li', {}, $(`purpose-${id}`).closest('label').querySelector('b').textContent)))
  $('stopped').hidden = false
}

// Each error is shown at its field, and in the summary with a link to that field.
function correct(problem) {
  const wrong = (problem.errors ?? []).map(({ pointer, detail }) => {
    const at = placeOf(pointer, places.map(({ dataset }) => dataset.pointer))
    const place = places.find(({ dataset }) => dataset.pointer === at)
    if (!place) return { text: `${pointer.slice(1)} ${detail}.` }
    const text = `${place.dataset.name} ${detail}.`
    mark(place, text)
    return { text, field: place.querySelector('input, select, textarea') }
  })
  fail(wrong.length > 0 ? 'We could not send it. Please correct the following:' : problem, wrong)
}

/** Shows an error at its field, or removes the error if there is no text. A field that is folded away is unfolded. */
function mark(place, text) {
  const error = place.querySelector('.error')
  error.textContent = text
  error.hidden = !text
  place.classList.toggle('wrong', Boolean(text))
  const control = place.matches('fieldset') ? place : place.querySelector('input, select, textarea')
  if (text) control.setAttribute('aria-invalid', 'true')
  else control.removeAttribute('aria-invalid')
  if (text && place.closest('details')) place.closest('details').open = true
}
