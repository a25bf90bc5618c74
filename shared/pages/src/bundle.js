import { unzip } from 'unzipit'

/** The largest file, in bytes, that the page unpacks to show what is inside. */
const readable = 8_000_000

/**
 * Opens an export's ZIP. Reads only its table of contents and its manifest.
 * @param {Blob} zip
 * @returns {Promise<Bundle>}
 *
 * @typedef {{manifest: Manifest, newest: (category: string, n: number) => Promise<object[] | undefined>, document: (name: string) => Promise<object | undefined>}} Bundle
 *   newest reads a category's newest records, document a whole file; each resolves with undefined if the file is too large to unpack here,
 *   or is not in the export
 */
export async function openBundle(zip) {
  const { entries } = await unzip(zip)
  const manifest = await entries['manifest.json']?.json()
  if (manifest?.version !== 1 || ![manifest.categories, manifest.documents, manifest.files].every(Array.isArray)) {
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
 * @property {{category: string, title: string, count: number, fields: Label[]}[]} categories in the policy's order
 * @property {Label[]} record what every record has besides its data
 * @property {Purposes} purposes in the policy's order
 * @property {{file: string, title: string, text: string, none?: string, count?: number, date?: string, fields: Label[]}[]} documents
 * @property {{name: string, bytes: number, sha256: string}[]} files
 */

async function document(entry) {
  return !entry || entry.size > readable ? undefined : entry.json()
}

/** The newest records. Records of the same time keep the order of the file, as in index.html. */
async function newest(entry, n) {
  const records = await document(entry)
  return records?.map(record => [Date.parse(record.occurredAt), record]).sort(([a], [b]) => b - a).slice(0, n).map(([, record]) => record)
}

/** The file name of a saved export. It contains no personal data. */
export function fileName(createdAt) {
  return `helpdesk-expert-privacy-export-${createdAt.slice(0, 10)}.zip`
}
