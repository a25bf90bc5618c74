import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLink, readMailbox, settle, settled, splitSecret } from './link.js'

const read = href => readLink(new URL(href))

test('a link is an id and a secret', () => {
  assert.deepEqual(read('https://a.test/requests/0190#abc'), { id: '0190', secret: 'abc', path: '/requests/0190' })
})

test('Threat T12: a gateway that turned # into %23 breaks nothing', () => {
  assert.deepEqual(read('https://a.test/exports/0190.1%23abc.AGE-1'), { id: '0190.1', secret: 'abc.AGE-1', path: '/exports/0190.1' })
})

test('a fragment that was encoded is decoded', () => {
  assert.equal(read('https://a.test/exports/1#abc%2EAGE').secret, 'abc.AGE')
  assert.equal(read('https://a.test/exports/1#100%').secret, '100%')
})

test('a link without a secret has none', () => {
  assert.equal(read('https://a.test/requests/0190').secret, '')
})

test('Threat T12: the link of a mailbox has no id in its path', () => {
  for (const href of ['https://a.test/me#bWJ4.dG9r', 'https://a.test/me%23bWJ4.dG9r']) {
    const { secret, path } = read(href)
    assert.equal(path, '/me')
    assert.deepEqual(readMailbox(secret), { mailbox: 'bWJ4', token: 'dG9r' })
  }
  for (const broken of ['', 'bWJ4', '.dG9r', 'bWJ4.', 'a.b.c']) assert.equal(readMailbox(broken), undefined)
})

test('the secret of an export is a token and an identity', () => {
  assert.deepEqual(splitSecret('abc.AGE-SECRET-KEY-PQ-1QQ'), { token: 'abc', identity: 'AGE-SECRET-KEY-PQ-1QQ' })
  for (const broken of ['', 'abc', '.AGE']) assert.deepEqual(splitSecret(broken), { token: '', identity: '' })
})

test('Threat T12: what came of a link takes the place of its secret in the history', () => {
  const history = { state: null, replaceState(state, _, path) { Object.assign(this, { state, path }) } }
  assert.equal(settled(history), undefined)
  settle(history, '/requests/0190', { dueAt: '2026-12-23T23:59:59Z' })
  assert.equal(history.path, '/requests/0190')
  assert.deepEqual(settled(history), { dueAt: '2026-12-23T23:59:59Z' })
})
