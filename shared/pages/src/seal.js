import { Decrypter } from 'age-encryption'

/** The identity in the link belongs to another file. */
export class WrongKey extends Error {}

/** The file was changed or cut after it was sealed. */
export class Damaged extends Error {}

/** Reports whether the text is a complete age identity: it has the right form and a correct checksum. */
export function isIdentity(text) {
  try {
    new Decrypter().addIdentity(text)
    return true
  } catch {
    return false
  }
}

/**
 * Opens a sealed stream and returns its whole content. The decrypted chunks of an age file arrive before the last chunk has been
 * authenticated, so nothing is returned before the end (design: opening a sealed export).
 * @param {ReadableStream<Uint8Array>} sealed
 * @param {string} identity AGE-SECRET-KEY-PQ-1…
 * @param {(bytes: number) => void} [progress] receives the number of sealed bytes read so far
 * @returns {Promise<Blob>}
 */
export async function unseal(sealed, identity, progress = () => {}) {
  if (!isIdentity(identity)) throw new WrongKey()
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  let read = 0
  let broken // a network error is no damage
  const counted = new ReadableStream(counting(sealed.getReader(), n => progress(read += n), error => { broken = error }))
  try {
    const open = await decrypter.decrypt(counted)
    return await new Response(open, { headers: { 'Content-Type': 'application/zip' } }).blob()
  } catch (error) {
    if (broken) throw broken
    if (/no identity matched/.test(error.message)) throw new WrongKey()
    throw new Damaged()
  }
}

function counting(reader, count, failed) {
  return {
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        count(value.byteLength)
        controller.enqueue(value)
      } catch (error) {
        failed(error)
        controller.error(error)
      }
    },
    cancel: reason => reader.cancel(reason),
  }
}
