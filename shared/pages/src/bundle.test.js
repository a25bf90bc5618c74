import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileName, openBundle } from './bundle.js'

// A ZIP of stored files, written by hand: local headers, central directory, end record.
function zip(files) {
  const encoder = new TextEncoder()
  const parts = []
  const directory = []
  let at = 0
  for (const [name, text] of Object.entries(files)) {
    const [path, body] = [encoder.encode(name), encoder.encode(text)]
    const fields = new DataView(new ArrayBuffer(26))
    fields.setUint16(0, 20, true)
    fields.setUint32(10, crc(body), true)
    fields.setUint32(14, body.length, true)
    fields.setUint32(18, body.length, true)
    fields.setUint16(22, path.length, true)
    parts.push(le(0x04034b50), fields.buffer, path, body)
    const rest = new DataView(new ArrayBuffer(14))
    rest.setUint32(10, at, true)
    directory.push(le(0x02014b50), new Uint8Array([20, 0]), fields.buffer, rest.buffer, path)
    at += 30 + path.length + body.length
  }
  const size = directory.reduce((n, part) => n + part.byteLength, 0)
  const end = new DataView(new ArrayBuffer(18))
  end.setUint16(4, Object.keys(files).length, true)
  end.setUint16(6, Object.keys(files).length, true)
  end.setUint32(8, size, true)
  end.setUint32(12, at, true)
  return new Blob([...parts, ...directory, le(0x06054b50), end.buffer])
}

function le(n) {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, n, true)
  return view.buffer
}

function crc(bytes) {
  let value = ~0
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return ~value >>> 0
}

const manifest = { version: 1, right: 'access', createdAt: '2031-04-05T06:07:08Z', categories: [{ category: 'identity', title: 'Identity data', count: 3 }], documents: [], files: [] }
const records = [{ id: 'a', occurredAt: '2030-01-01T00:00:00Z' }, { id: 'b', occurredAt: '2031-01-01T00:00:00Z' }, { id: 'c', occurredAt: '2029-01-01T00:00:00Z' }]

test('the manifest and the newest records are read out of the ZIP', async () => {
  const bundle = await openBundle(zip({ 'data/identity.json': JSON.stringify(records), 'manifest.json': JSON.stringify(manifest) }))
  assert.deepEqual(bundle.manifest, manifest)
  assert.deepEqual((await bundle.newest('identity', 2)).map(r => r.id), ['b', 'a'])
  assert.equal(await bundle.newest('contact', 2), undefined)
})

test('a document of the export is read whole, and only if it is there', async () => {
  const bundle = await openBundle(zip({ 'requests.json': '[{"id":"r"}]', 'manifest.json': JSON.stringify(manifest) }))
  assert.deepEqual(await bundle.document('requests.json'), [{ id: 'r' }])
  assert.equal(await bundle.document('subject.json'), undefined)
})

test('what is no export is refused', async () => {
  await assert.rejects(openBundle(zip({ 'other.txt': 'x' })))
  await assert.rejects(openBundle(zip({ 'manifest.json': JSON.stringify({ ...manifest, version: 2 }) })))
  await assert.rejects(openBundle(new Blob(['no zip'])))
})

test('a file name names nobody', () => {
  assert.equal(fileName(manifest.createdAt), 'helpdesk-expert-privacy-export-2031-04-05.zip')
})
