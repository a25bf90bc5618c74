import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Encrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { Damaged, isIdentity, unseal, WrongKey } from './seal.js'

const plain = crypto.getRandomValues(new Uint8Array(60_000))

async function sealed() {
  const identity = await generateHybridIdentity()
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(identity))
  return { identity, bytes: await encrypter.encrypt(plain) }
}

// A stream in pieces whose borders differ from those of the seal's chunks.
function stream(bytes, { breaksAt = Infinity } = {}) {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= breaksAt) return controller.error(new TypeError('network'))
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at + 7919))
      at += 7919
    },
  })
}

test('Promise H05: what was sealed comes back, and progress counts the sealed bytes', async () => {
  const { identity, bytes } = await sealed()
  let read = 0
  const blob = await unseal(stream(bytes), identity, n => { assert.ok(n > read); read = n })
  assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), plain)
  assert.equal(read, bytes.length)
  assert.equal(blob.type, 'application/zip')
})

test('another identity, and half of one, are told from damage', async () => {
  const { identity, bytes } = await sealed()
  await assert.rejects(unseal(stream(bytes), await generateHybridIdentity()), WrongKey)
  await assert.rejects(unseal(stream(bytes), identity.slice(0, 60)), WrongKey)
})

test('a whole identity is told from a broken one', async () => {
  const identity = await generateHybridIdentity()
  assert.ok(isIdentity(identity))
  const changed = identity.slice(0, 30) + (identity[30] === 'Q' ? 'P' : 'Q') + identity.slice(31)
  for (const broken of ['', 'AGE-SECRET-KEY-PQ-1', identity.slice(0, 60), identity.slice(0, -1), identity + 'Q', identity.toLowerCase(), changed]) assert.ok(!isIdentity(broken), broken)
})

test('a flipped bit anywhere and a missing end are damage', async () => {
  const { identity, bytes } = await sealed()
  for (const at of [3, 200, Math.floor(bytes.length / 2), bytes.length - 1]) {
    const flipped = bytes.slice()
    flipped[at] ^= 1
    await assert.rejects(unseal(stream(flipped), identity), error => error instanceof Damaged || error instanceof WrongKey)
  }
  await assert.rejects(unseal(stream(bytes.subarray(0, bytes.length - 1000)), identity), Damaged)
})

test('a broken connection is no damage', async () => {
  const { identity, bytes } = await sealed()
  await assert.rejects(unseal(stream(bytes, { breaksAt: 20_000 }), identity), TypeError)
})
