import assert from 'node:assert/strict'
import { test } from 'node:test'
import { questionOf, takesBack } from './withdrawal.js'

test('Promise H10: whoever takes an opt-out back is told that they opt in again', () => {
  assert.match(questionOf({ right: 'opt_out', state: 'fulfilled', inForce: true }).text, /you opt in again/)
  assert.equal(questionOf({ right: 'opt_out', state: 'fulfilled', inForce: true }).yes, 'Opt in again')
})

test('the question says what is withdrawn, or what is allowed again', () => {
  for (const [request, title] of [
    [{ right: 'access', state: 'open' }, 'Withdraw this request?'],
    [{ right: 'restriction', state: 'open' }, 'Withdraw this request?'],
    [{ right: 'restriction', state: 'open', inForce: true }, 'Take the limit back?'],
    [{ right: 'objection', state: 'fulfilled', inForce: true }, 'Take your objection back?'],
    [{ right: 'child_erasure', state: 'open', inForce: true }, 'Withdraw this report?'],
    [{ right: 'constructor', state: 'fulfilled', inForce: true }, 'Withdraw this request?'],
  ]) assert.equal(questionOf(request).title, title)
  assert.ok(!takesBack({ right: 'opt_out', inForce: false }) && !takesBack({ right: 'access' }))
})
