// A link from a mail is <path>#<secret>, and the path may end in an id. The fragment never reaches a server (threat T12). But a mail gateway may
// have turned its # into %23, which moves the secret into the path. So both forms are read.

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

/**
 * Splits the secret of the link to a mailbox's page, <mailbox>.<token>.
 * @returns {{mailbox: string, token: string} | undefined} undefined for anything else
 */
export function readMailbox(secret) {
  const parts = secret.split('.')
  return parts.length === 2 && parts.every(Boolean) ? { mailbox: parts[0], token: parts[1] } : undefined
}

/**
 * Removes the secret from the address bar and the history once it has done its work. The tab's history stores the outcome instead, so that a
 * reload and the back button show it again. The outcome must contain no secret (threat T12). It disappears with the tab.
 */
export function settle(history, path, outcome) {
  history.replaceState({ outcome }, '', path)
}

/** The outcome of the link in this tab before the page was loaded again, or undefined if there is none. */
export const settled = history => history.state?.outcome

/**
 * Watches the fragment, which contains the secret. If somebody opens another link to this page in the same tab, only the fragment changes and
 * the browser loads nothing. So the page reloads itself. The page's skip link moves the focus without changing the fragment.
 * @param {() => void} [then] what to do instead of reloading the page
 */
export function mindFragment(then = () => location.reload()) {
  addEventListener('hashchange', () => then())
  document.querySelector('.skip').addEventListener('click', clicked => {
    clicked.preventDefault()
    document.querySelector('main').focus()
  })
}

function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
