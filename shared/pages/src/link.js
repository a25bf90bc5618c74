// A link from a mail is <path>/<id>#<secret>. The fragment never reaches a server (threat T12), but a mail gateway may
// have turned its # into %23, which puts the secret into the path: both are read.

/**
 * @param {{pathname: string, hash: string}} location
 * @returns {{id: string, secret: string, path: string}} path is the address without the secret
 */
export function readLink({ pathname, hash }) {
  const [path, moved] = pathname.split('%23')
  const id = decode(path.slice(path.lastIndexOf('/') + 1))
  return { id, secret: decode(hash.slice(1) || moved || ''), path }
}

/** Splits the secret of an export's link, <token>.<age identity>, at its first dot. */
export function splitSecret(secret) {
  const dot = secret.indexOf('.')
  if (dot < 1) return { token: '', identity: '' }
  return { token: secret.slice(0, dot), identity: secret.slice(dot + 1) }
}

/** Takes the secret out of the address bar and of the history, once it has done its work. */
export function forget(history, path) {
  history.replaceState(null, '', path)
}

function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
