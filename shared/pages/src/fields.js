// Errors at the fields of a form: the service names each wrong field by a pointer, and so does the page.
import { placeOf } from './filing.js'

/** The parts of a form that a pointer of the service names. */
const placesIn = form => [...form.querySelectorAll('[data-pointer]')]

/** Removes the errors from all fields of a form. */
export function marked(form) {
  for (const place of placesIn(form)) mark(place, '')
}

/**
 * Shows the errors of a problem at the fields of a form, and returns what the summary says of each.
 * @param {HTMLFormElement} form
 * @param {{errors?: {pointer: string, detail: string}[]}} problem
 * @returns {{text: string, field?: HTMLElement}[]}
 */
export function wrongIn(form, problem) {
  const places = placesIn(form)
  return (problem.errors ?? []).map(({ pointer, detail }) => {
    const at = placeOf(pointer, places.map(({ dataset }) => dataset.pointer))
    const place = places.find(({ dataset }) => dataset.pointer === at)
    if (!place) return { text: `${pointer.slice(1)} ${detail}.` }
    const text = `${place.dataset.name} ${detail}.`
    mark(place, text)
    return { text, field: place.querySelector('input, select, textarea') }
  })
}

/** Shows an error at its field, or removes the error if there is no text. A field that is folded away is unfolded. */
export function mark(place, text) {
  const error = place.querySelector('.error')
  error.textContent = text
  error.hidden = !text
  place.classList.toggle('wrong', Boolean(text))
  const control = place.matches('fieldset') ? place : place.querySelector('input, select, textarea')
  if (text) control.setAttribute('aria-invalid', 'true')
  else control.removeAttribute('aria-invalid')
  if (text && place.closest('details')) place.closest('details').open = true
}
