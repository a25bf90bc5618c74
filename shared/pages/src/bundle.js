import { unzip } from 'unzipit'

/**
 * Reads the summary of an export out of its ZIP, without reading the rest.
 * @param {Blob} zip
 * @returns {Promise<{right: string, createdAt: string, policyVersion: string, controller: object,
 *   categories: {category: string, title: string, count: number, files: string[]}[],
 *   sources?: string[], files: {name: string, bytes: number, sha256: string}[]}>}
 */
export async function readManifest(zip) {
  const { entries } = await unzip(zip)
  const manifest = await entries['manifest.json']?.json()
  if (manifest?.version !== 1 || !Array.isArray(manifest.categories) || !Array.isArray(manifest.files)) {
    throw new Error('not an export this page knows')
  }
  return manifest
}

/** The name under which an export is saved. It names nobody. */
export function fileName(createdAt) {
  return `helpdesk-expert-privacy-export-${createdAt.slice(0, 10)}.zip`
}
