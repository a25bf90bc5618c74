import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filing, placeOf } from './filing.js'

test('a form becomes the JSON of a request', () => {
  for (const [fields, body] of [
    [[['right', 'access'], ['language', 'en'], ['email', ' anna@example.org '], ['jurisdiction', ''], ['details', ' \n']], { right: 'access', language: 'en', email: 'anna@example.org' }],
    [[['right', 'objection'], ['purposes', 'a'], ['email', 'x'], ['purposes', 'b']], { right: 'objection', purposes: ['a', 'b'], email: 'x' }],
    [[['right', 'know'], ['scope', 'specific'], ['declaration', 'true'], ['email', 'x']], { right: 'know', scope: 'specific', declaration: true, email: 'x' }],
    [[['right', 'child_erasure'], ['email', 'x'], ['childEmail', 'y'], ['details', 'z']], { right: 'child_erasure', email: 'x', child: { email: 'y' }, details: 'z' }],
    [[['email', 'x'], ['agentName', ''], ['agentEmail', ' '], ['agentRelation', '']], { email: 'x' }],
    [[['email', 'x'], ['agentName', 'Bea'], ['agentEmail', ''], ['agentRelation', 'lawyer']], { email: 'x', onBehalfOf: { name: 'Bea', relation: 'lawyer' } }],
    [[['email', '']], { email: '' }],
  ]) assert.deepEqual(filing(fields), body)
})

test('Threat T17: no name of a field reaches the prototype of an object', () => {
  const body = filing([['constructor', 'x'], ['toString', 'y']])
  assert.deepEqual(Object.keys(body), ['constructor', 'toString'])
  assert.equal(Object.getPrototypeOf(body), Object.prototype)
})

test('an error is shown at its field, or at the list of which it names an element', () => {
  const fields = ['/email', '/purposes', '/onBehalfOf/name', '/child/email']
  for (const [pointer, at] of [['/email', '/email'], ['/purposes', '/purposes'], ['/purposes/12', '/purposes'], ['/onBehalfOf/name', '/onBehalfOf/name'], ['/child/email', '/child/email'],
    ['/onBehalfOf', undefined], ['/email/0', undefined], ['/purposesx', undefined], ['/"]', undefined], ['', undefined]]) {
    assert.equal(placeOf(pointer, fields), at)
  }
})
