import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decisions, empty, members, text, titleOf } from './labels.js'

const labels = [
  { name: 'second', title: 'The second', type: 'string' }, { name: 'first', title: 'The first', type: 'string' },
  { name: 'end', title: 'The end', type: 'time', absent: 'not yet' }, { name: 'gone', title: 'Gone', type: 'string' }, { name: 'receipt', title: 'Receipt', type: 'file' },
]

test('members stand in the order of the labels, and others follow under their own names', () => {
  const shown = members({ ipAddress: '203.0.113.7', first: 1, receipt: 'a.b.c', second: 2 }, labels)
  assert.deepEqual(shown.map(([{ title }, value]) => [title, value]), [['The second', 2], ['The first', 1], ['The end', undefined], ['IP address', '203.0.113.7']])
  assert.deepEqual(members({ at: 1 }).map(([{ title }]) => title), ['At'])
  assert.deepEqual(members({}, [{ name: 'constructor', title: 'x', type: 'string' }]), [])
})

test('a member without a title is told in words', () => {
  for (const [name, title] of [['ip', 'IP'], ['ipAddress', 'IP address'], ['sessionId', 'Session ID'], ['jobTitle', 'Job title'], ['some_word', 'Some word'], ['cardLast4', 'Card last 4'], ['état', 'État'], ['', '']]) {
    assert.equal(titleOf(name), title)
  }
})

test('decisions stand in the order of the purposes, with their titles; one on an unknown purpose comes last', () => {
  const purposes = [{ purpose: 'b', title: 'Mails' }, { purpose: 'a', title: 'Stories' }]
  const field = { fields: [{ name: 'purpose' }, { name: 'state' }] }
  assert.deepEqual(decisions({ old_purpose: { state: 'denied' }, a: { state: 'granted', decidedAt: 'x' }, b: { state: 'denied' } }, field, purposes),
    [{ purpose: 'Mails', state: 'denied' }, { purpose: 'Stories', state: 'granted', decidedAt: 'x' }, { purpose: 'Old purpose', state: 'denied' }])
  assert.deepEqual(decisions({ b: 'granted' }, field, purposes), [{ purpose: 'Mails', state: 'granted' }])
})

test('machine words become words, and free text stays as it is', () => {
  const words = { granted: 'yes', true: 'sent' }
  for (const [value, shown] of [['granted', 'yes'], [true, 'sent'], ['something_new', 'something new'], ['constructor', 'constructor']]) assert.equal(text(value, { words }), shown)
  for (const [value, shown] of [['some_text', 'some_text'], [0, '0'], [false, 'false']]) assert.equal(text(value, {}), shown)
})

test('what is empty is known', () => {
  for (const value of [undefined, null, '', [], {}]) assert.ok(empty(value))
  for (const value of [0, false, 'x', [0], { a: 1 }]) assert.ok(!empty(value))
})
