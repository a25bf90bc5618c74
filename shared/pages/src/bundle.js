import { unzip } from 'unzipit'

/** The largest file that is taken apart for a look inside, in bytes. */
const readable = 8_000_000

/**
 * Opens an export's ZIP. Only its table of contents and its manifest are read.
 * @param {Blob} zip
 * @returns {Promise<{manifest: Manifest, newest: (category: string, n: number) => Promise<object[] | undefined>, document: (name: string) => Promise<object | undefined>}>}
 *   newest reads a category's newest records, document a whole file; each resolves with nothing where the file is too large to take apart
 *   here, or not in the export
 */
export async function openBundle(zip) {
  const { entries } = await unzip(zip)
  const manifest = await entries['manifest.json']?.json()
  if (manifest?.version !== 1 || !Array.isArray(manifest.categories) || !Array.isArray(manifest.files)) {
    throw new Error('not an export this page knows')
  }
  return { manifest, newest: (category, n) => newest(entries[`data/${category}.json`], n), document: name => document(entries[name]) }
}

/**
 * @typedef {object} Manifest
 * @property {string} right
 * @property {string} createdAt RFC 3339
 * @property {string} policyVersion
 * @property {object} controller
 * @property {{category: string, title: string, count: number}[]} categories
 * @property {{name: string, bytes: number, sha256: string}[]} files
 */

async function document(entry) {
  return !entry || entry.size > readable ? undefined : entry.json()
}

async function newest(entry, n) {
  const records = await document(entry)
  return records?.sort((a, b) => Date.parse(b.occurredAt) - Date.parse(a.occurredAt)).slice(0, n)
}

/** The name under which an export is saved. It names nobody. */
export function fileName(createdAt) {
  return `helpdesk-expert-privacy-export-${createdAt.slice(0, 10)}.zip`
}
