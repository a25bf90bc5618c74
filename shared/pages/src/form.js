import { call } from './api.js'
import { $, busy, calm, el, fail, retitle, reveal } from './dom.js'
import { marked, wrongIn } from './fields.js'
import { filing } from './filing.js'
import { mindFragment, settle, settled } from './link.js'

const form = $('form')
const title = document.querySelector('h1').textContent
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
  marked(form)
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
    const wrong = wrongIn(form, problem)
    fail(wrong.length > 0 ? 'We could not send it. Please correct the following:' : problem, wrong)
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
