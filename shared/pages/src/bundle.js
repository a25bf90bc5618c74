import { unzip } from 'unzipit'

/** The largest file that is taken apart for a look inside, in bytes. */
const readable = 8_000_000

/**
 * Opens an export's ZIP. Only its table of contents and its manifest are read.
 * @param {Blob} zip
 * @returns {Promise<{manifest: Manifest, newest: (category: string, n: number) => Promise<object[] | undefined>}>}
 *   newest reads a category's newest records; it resolves with nothing where their file is too large to take apart here
 */
export async function openBundle(zip) {
  const { entries } = await unzip(zip)
  const manifest = await entries['manifest.json']?.json()
  if (manifest?.version !== 1 || !Array.isArray(manifest.categories) || !Array.isArray(manifest.files)) {
    throw new Error('not an export this page knows')
  }
  return { manifest, newest: (category, n) => newest(entries[`data/${category}.json`], n) }
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

async function newest(entry, n) {
  if (!entry || entry.size > readable) return undefined
  const records = await entry.json()
  return records.sort((a, b) => Date.parse(b.occurredAt) - Date.parse(a.occurredAt)).slice(0, n)
}

/** The name under which an export is saved. It names nobody. */
export function fileName(createdAt) {
  return `helpdesk-expert-privacy-export-${createdAt.slice(0, 10)}.zip`
}
