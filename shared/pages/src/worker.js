// Fetches and opens the export in the background, so that the page stays responsive. Without a url it only checks the identity.
import { Damaged, isIdentity, unseal, WrongKey } from './seal.js'

addEventListener('message', async ({ data: { url, identity } }) => {
  if (!url) return postMessage(isIdentity(identity) ? { done: true } : { failed: 'incomplete' })
  try {
    const response = await fetch(url, { credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' })
    if (!response.ok) return postMessage({ failed: 'gone' })
    postMessage({ done: await unseal(response.body, identity, read => postMessage({ read })) })
  } catch (error) {
    postMessage({ failed: error instanceof WrongKey ? 'key' : error instanceof Damaged ? 'damaged' : 'network' })
  }
})
