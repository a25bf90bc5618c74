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

/**
 * Takes the secret out of the address bar and of the history, once it has done its work. What came of it takes its place in the tab's
 * history, so that a reload and the back button show it again. It must hold no secret (threat T12), and it ends with the tab.
 */
export function settle(history, path, outcome) {
  history.replaceState({ outcome }, '', path)
}

/** What came of the link in this tab before the page was loaded again; undefined where nothing did. */
export const settled = history => history.state?.outcome

/**
 * Minds the fragment, which holds the secret. Another link to this page that is opened in the same tab changes the fragment only, and
 * the browser loads nothing: the page does so itself. The page's skip link moves the focus and leaves the fragment as it is.
 * @param {() => void} [then] what to do instead of loading the page anew
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
