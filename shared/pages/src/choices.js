import { consent } from './words.js'

/**
 * Fills a list of purposes with the current state of each. The titles and texts are in the page already.
 * @param {HTMLElement} list
 * @param {{gpc: boolean, decisions: Record<string, {state: string, because?: string, decidedAt?: string, expiresAt?: string}>}} current decisions by purpose, and whether the browser sent the privacy signal
 * @param {string} zone the controller's time zone, in which days are counted
 * @param {(purpose: string, state: string) => HTMLElement | undefined} [button] makes the button of a purpose
 */
export function showChoices(list, { gpc, decisions }, zone, button) {
  for (const row of list.children) {
    const { purpose } = row.dataset
    const decision = decisions[purpose] ?? { state: 'undecided' }
    const signalled = gpc && 'sells' in row.dataset
    row.dataset.state = decision.because ? 'denied' : decision.state
    // Without a button, only what somebody has decided for this address is shown: nothing here knows what a browser decided.
    row.querySelector('.state').textContent = button || signalled || decision.state !== 'undecided' ? consent(decision, zone, signalled) : ''
    row.querySelector('button')?.remove()
    if (decision.because !== 'opt_out') row.append(button?.(purpose, row.dataset.state) ?? '') // an opt-out is taken back under the requests, in two steps
  }
}

/** The title and the text of a purpose as the page names it; its id in words if the page does not. */
export function purpose(id) {
  const row = [...document.querySelectorAll('[data-purpose]')].find(({ dataset }) => dataset.purpose === id)
  return { title: row?.querySelector('h3').textContent, text: row?.querySelector('p').textContent }
}
