import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changesOf, deletes, groundOf, groups, keptUntil, left, stored, wait } from './plan.js'

const items = [
  { kind: 'contact', title: 'Contact data', outcome: 'erased', count: 2 },
  { kind: 'marketing', title: 'Marketing data', outcome: 'erased', count: 0 },
  { kind: 'mailbox_link', title: 'Links', outcome: 'erased' },
  { kind: 'transaction', title: 'Invoices', outcome: 'withheld', ground: 'legal_obligation', drops: ['cardLast4'], until: '2033-01-02T00:00:00Z', count: 3 },
  { kind: 'request_event', title: 'History', outcome: 'withheld', ground: 'claims', until: '2031-01-02T00:00:00Z', count: 4 },
  { kind: 'erasure_plan', title: 'History', outcome: 'withheld', ground: 'claims', until: '2032-01-02T00:00:00Z', count: 1 },
  { kind: 'mailbox_entry', title: 'History', outcome: 'withheld', ground: 'claims', count: 0 },
  { kind: 'service_log', title: 'Logs', outcome: 'withheld', ground: 'necessary' },
]
const titles = list => list.map(({ title }) => title).join()

test('Promise H03: a plan is told in groups, and kinds with one name are one line', () => {
  const { deleted, kept, besides, none } = groups({ items })
  assert.deepEqual([deleted, kept, besides, none].map(titles), ['Contact data,Links', 'Invoices,History', 'Logs', 'Marketing data'])
  assert.deepEqual([kept[1].count, kept[1].until], [5, '2032-01-02T00:00:00Z'])
  assert.equal(items[4].count, 4)
  const two = groups({ items: ['identity', 'account'].map(kind => ({ kind, title: kind, outcome: 'withheld', ground: 'necessary', reason: 'A', whileContract: true, count: 1 })) }).kept
  assert.deepEqual(two.map(({ parts }) => titles(parts)), ['identity,account'])
  assert.deepEqual(groups({}).deleted, [])
  const endless = groups({ items: [items[4], { ...items[5], until: undefined }] }).kept[0]
  assert.equal(endless.until, undefined)
})

test('until when something is kept, and how many there are, is told in words', () => {
  assert.equal(keptUntil({ until: '2033-01-01T23:30:00Z' }, 'Europe/Berlin'), '2 January 2033 at the latest')
  assert.equal(keptUntil({ whileContract: true, until: '2033-01-02T00:00:00Z' }, 'UTC'), 'until your contract ends')
  assert.equal(keptUntil({ ground: 'hold', whileContract: true }, 'UTC'), 'until our team releases it')
  assert.equal(keptUntil({}, 'UTC', '90 days'), '90 days')
  assert.deepEqual([{}, { count: 0 }, { count: 1 }, { count: 1200 }].map(stored), ['', '0 items', '1 item', '1,200 items'])
  for (const ground of ['necessary', 'legal_obligation', 'claims', 'objection', 'anonymous', 'hold']) assert.notEqual(groundOf(ground), '')
  assert.equal(groundOf('constructor'), '')
})

test('Threat T06: what is different in a plan is told before it is agreed to', () => {
  const is = (...changed) => ({ items: items.map(item => changed.find(({ kind }) => kind === item.kind) ?? item) })
  const before = { items }
  assert.deepEqual(changesOf(before, is({ ...items[0], outcome: 'withheld', ground: 'necessary', whileContract: true })), ['“Contact data” is now kept.'])
  assert.deepEqual(changesOf(before, is({ ...items[3], outcome: 'erased', ground: undefined })), ['“Invoices” is now deleted.'])
  assert.deepEqual(changesOf(before, is({ ...items[3], ground: 'hold' })), ['We keep “Invoices” for another reason, or delete another part of it.'])
  assert.deepEqual(changesOf(before, is({ ...items[3], drops: undefined })), ['We keep “Invoices” for another reason, or delete another part of it.'])
  assert.deepEqual(changesOf(before, { items: items.slice(1) }), ['“Contact data” is not in it any more.'])
  assert.deepEqual(changesOf({ items: items.slice(1) }, before), ['“Contact data” is now deleted.'])
  assert.deepEqual(changesOf(before, before), ['Please read it again.'])
})

test('Threat T07: how long a deletion waits, and how much of that is left, is told in words', () => {
  assert.deepEqual([72, 1, 0.5, 5 / 3600, 1 / 3600, 0, undefined].map(wait), ['72 hours', '1 hour', '30 minutes', '5 seconds', '1 second', '', ''])
  const hour = 3_600_000
  assert.deepEqual([72 * hour, 71.99 * hour, 25 * hour, 24 * hour, 1.5 * hour, 59_999, 60_000, -1].map(left),
    ['3 days and 0 hours', '2 days and 23 hours', '1 day and 1 hour', '1 day and 0 hours', '1 hour and 30 minutes', 'less than a minute', '1 minute', 'less than a minute'])
})

test('a request is answered by a deletion under either law', () => {
  assert.deepEqual(['erasure', 'delete', 'child_erasure', 'access'].map(right => deletes({ right })), [true, true, false, false])
})
