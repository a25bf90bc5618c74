import assert from 'node:assert/strict'
import { test } from 'node:test'

import { marked, wrongIn } from './fields.js'

/** A part of a form that a pointer names, with one control, which may be folded away. */
function place(pointer, name, folded = false) {
  const attributes = new Map(), classes = new Set(), error = { textContent: '', hidden: true }, details = { open: false }
  const control = { setAttribute: (key, value) => attributes.set(key, value), removeAttribute: key => attributes.delete(key) }
  return {
    dataset: { pointer, name }, error, attributes, classes, control, details,
    classList: { toggle: (name, on) => on ? classes.add(name) : classes.delete(name) },
    matches: () => false, closest: () => folded ? details : null,
    querySelector: selector => selector === '.error' ? error : control,
  }
}

const form = (...places) => ({ querySelectorAll: () => places })

test('an error is shown at its field, by the name of the field', () => {
  const ground = place('/ground', 'The reason'), purposes = place('/purposes', 'The choice of uses', true)
  const wrong = wrongIn(form(ground, purposes), { errors: [{ pointer: '/ground', detail: 'is required' }, { pointer: '/purposes/3', detail: 'must be named only once' }] })
  assert.deepEqual(wrong.map(({ text }) => text), ['The reason is required.', 'The choice of uses must be named only once.'])
  assert.equal(wrong[0].field, ground.control)
  assert.deepEqual([ground.error.textContent, ground.error.hidden, ground.attributes.get('aria-invalid')], ['The reason is required.', false, 'true'])
  assert.ok(ground.classes.has('wrong') && !ground.details.open && purposes.details.open, 'only what was folded away is unfolded')
})

test('an error of a field that the form does not have is told all the same', () => {
  assert.deepEqual(wrongIn(form(place('/ground', 'The reason')), { errors: [{ pointer: '/details', detail: 'is required' }] }), [{ text: 'details is required.' }])
  assert.deepEqual(wrongIn(form(), { status: 500 }), [])
})

test('the errors go before the next try', () => {
  const ground = place('/ground', 'The reason')
  wrongIn(form(ground), { errors: [{ pointer: '/ground', detail: 'is required' }] })
  marked(form(ground))
  assert.deepEqual([ground.error.textContent, ground.error.hidden, ground.attributes.size, ground.classes.size], ['', true, 0, 0])
})
