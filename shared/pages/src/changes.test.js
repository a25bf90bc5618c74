import assert from 'node:assert/strict'
import { test } from 'node:test'
import { change } from './changes.js'

const at = { receivedAt: '2026-11-29T23:30:00Z' }
const context = { days: 7, zone: 'Europe/London' }

test('Threat T33: an added address is told with its day, and with the day until which nothing is sent to it', () => {
  const told = change({ change: 'addresses_changed', ...at }, context)
  assert.equal(told.title, 'An email address was added to your records')
  assert.match(told.text, /^On 29 November 2026 one of our systems added an email address to your records\./)
  assert.match(told.next, /first 7 days, until 6 December 2026, we send no answer and none of your data to the new address/)
  assert.match(told.accepted, /From 6 December 2026 on/)
  assert.match(told.stopped, /team is looking at it.*nothing is answered through the new address/)
})

test('Threat T33: a join is told', () => {
  const told = change({ change: 'subjects_joined', ...at }, { ...context, zone: 'Asia/Tokyo' })
  assert.match(told.text, /^On 30 November 2026 one of our systems joined two records of ours into one because they are about one person\. This address leads to one of them\./)
  assert.match(told.next, /until 7 December 2026, we answer no request.*they stay joined/)
  assert.match(told.stopped, /team is looking at it/)
})

test('Threat T27: an address that may have another owner by now is not told that the records are theirs', () => {
  for (const kind of ['addresses_changed', 'subjects_joined', 'something_new']) {
    for (const [doubt, says] of [['detached', /this address led to|This address led to/], ['shared', /this address leads to|This address leads to/], ['frozen', /this address leads to|This address leads to/]]) {
      const told = change({ change: kind, ...at }, { ...context, doubt })
      assert.match(told.text, says)
      for (const text of Object.values(told)) assert.doesNotMatch(text, /\byours?\b/)
    }
  }
})

test('a change of a kind that this page does not know is told, and the period is the policy’s', () => {
  const told = change({ change: 'something_new', ...at }, { ...context, days: 1 })
  assert.match(told.text, /one of our systems changed the email addresses of your records/)
  assert.match(told.next, /first 1 day, until 30 November 2026/)
})
