/** A problem document (RFC 9457), or a stand-in for one when the network fails. */
export class Problem extends Error {
  constructor(status, { title = '', detail = '', errors = [] } = {}) {
    super(detail || title)
    this.status = status
    this.errors = errors
  }
}

/**
 * Calls the service and returns its JSON answer, or its answer as it is.
 * @param {string} method
 * @param {string} path
 * @param {{body?: object, token?: string, session?: boolean, text?: boolean}} [options] token is sent in the Authorization header, never in the address; with
 *   session, the browser sends and takes the cookie of an opened link, which no script can read
 * @throws {Problem}
 */
export async function call(method, path, { body, token, session, text: asText } = {}) {
  const headers = { Accept: asText ? '*/*' : 'application/json' }
  if (body) headers['Content-Type'] = 'application/json'
  if (token) headers.Authorization = `Bearer ${token}`
  let response
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body), credentials: session ? 'same-origin' : 'omit', cache: 'no-store' })
  } catch {
    throw new Problem(0)
  }
  const text = await response.text()
  if (asText && response.ok) return text
  let answer = {}
  try {
    answer = text ? JSON.parse(text) : {}
  } catch {
    // API Gateway's own answers are not problem documents; the status says enough.
  }
  if (!response.ok) throw new Problem(response.status, answer)
  return answer
}

/** The problem of a link without its secret, or with a part of it. */
export const incomplete = new Problem(404)

/** Reports whether a link will never work again, however often it is tried. */
export const isDead = problem => [401, 404].includes(problem.status)

/** Says what a person can do about a problem. A wrong, used, expired or unknown link always gets the same words (threat T11). */
export function explain(problem) {
  if (problem === incomplete) return 'Part of the link is missing or has been changed. Please open it from the email again, or copy the whole link.'
  switch (problem.status) {
    case 0: return 'We could not reach our service. Please check your internet connection and try again.'
    case 401:
    case 404: return 'This link does not work any more. It may have been used already, it may have expired, or part of it may be missing.'
    case 409: return problem.message || 'Something else changed at the same moment. Please try again.'
    case 422: return problem.message || 'We could not accept part of what you sent. Please check it and try again.'
    case 429: return 'There were too many requests from your network. Please wait a minute and try again.'
    default: return 'Something went wrong on our side. We cannot tell whether your last step worked. Please try again.'
  }
}
