import assert from 'node:assert/strict'
import { test } from 'node:test'

import { needsFresh } from './cards.js'
import { isMail, settled } from './mails.js'

/** Makes elements of which only the text is kept. */
globalThis.document = {
  createElement: name => ({ name, words: [], setAttribute() {}, append(...words) { this.words.push(...words.flat()) }, get textContent() { return this.words.map(word => word.textContent ?? word).join('') } }),
}
const said = parts => parts?.map(part => part.textContent ?? part).join('')

const mail = (text, more = {}) => ({ id: 'm', kind: 'request', right: 'question', messages: [{ at: '2026-11-23T10:00:00Z', text }], repeats: 0, ...more })
const became = more => ({ id: 'm', state: 'open', dueAt: '2026-12-23T23:59:59Z', timeZone: 'Europe/London', ...more })

test('Promise H12: what waits with the right question is a mail, and what it may mean can need the first opening of a link', () => {
  assert.equal(isMail(mail('x')), true)
  assert.equal(isMail({ kind: 'request', right: 'access' }), false)
  assert.equal(isMail({ kind: 'consent', decisions: {} }), false)
  assert.equal(needsFresh(mail('x')), true)
})

test('Promise H12: what came of a mail is said for each way to answer it', () => {
  const of = more => said(settled(mail('x'), became(more)))
  assert.match(of({ right: 'question' }), /reads your email and answers you\. We answer by 23 December 2026 at the latest\.$/)
  assert.match(of({ right: 'complaint' }), /received your complaint\. We answer by 23 December 2026 at the latest\.$/)
  assert.equal(of({ right: 'automated_decisions', state: 'fulfilled', statement: 'We make none.' }), 'We make none.')
  assert.equal(of({ right: 'rectification', id: 'another' }), 'Added to what you asked for before. Our privacy team sees it there.')
  for (const right of ['opt_out', 'objection']) assert.equal(of({ right, state: 'fulfilled' }), 'It has taken effect. We email you what it covers.')
  for (const right of ['access', 'erasure', 'objection', 'restriction', 'rectification']) assert.equal(of({ right }), undefined, right)
})
