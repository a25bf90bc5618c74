import { call } from './api.js'
import { $, busy, calm, fail, retitle, reveal } from './dom.js'

const form = $('form')

form.addEventListener('submit', submitted => {
  submitted.preventDefault()
  void busy(form.querySelector('button'), send)
})

$('again').addEventListener('click', () => {
  $('sent').hidden = true
  form.hidden = false
  form.reset()
  retitle('Ask for your data')
  $('email').focus()
})

async function send() {
  calm()
  for (const place of form.querySelectorAll('[data-pointer]')) mark(place, '')
  const filled = new FormData(form)
  const body = { right: filled.get('right'), email: filled.get('email').trim(), language: document.documentElement.lang }
  if (filled.get('jurisdiction')) body.jurisdiction = filled.get('jurisdiction')
  if (filled.get('details').trim()) body.details = filled.get('details').trim()
  try {
    const answer = await call('POST', '/v1/requests', { body })
    $('sent-to').textContent = body.email
    $('sent-id').textContent = answer.id
    form.hidden = true
    retitle('Please check your mail')
    reveal($('sent'))
  } catch (problem) {
    show(problem)
  }
}

// Each error is shown at the field it names, and the first such field takes the focus.
function show(problem) {
  let first
  for (const { pointer, detail } of problem.errors ?? []) {
    const place = form.querySelector(`[data-pointer="${CSS.escape(pointer)}"]`)
    if (!place) continue
    mark(place, detail)
    first ??= place.querySelector('input:not([type=radio]), select, textarea') ?? place
  }
  if (!first) return fail(problem)
  $('problem').textContent = 'Please look at what is marked below: something is missing or not right.'
  $('errors').hidden = false
  first.focus()
}

function mark(place, detail) {
  const text = place.querySelector('.error')
  text.textContent = detail && `This ${detail}.`
  text.hidden = !detail
  place.classList.toggle('wrong', Boolean(detail))
  for (const input of place.querySelectorAll('input:not([type=radio]), select, textarea')) {
    if (detail) input.setAttribute('aria-invalid', 'true')
    else input.removeAttribute('aria-invalid')
  }
}
