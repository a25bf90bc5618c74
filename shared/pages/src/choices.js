import { $, el } from './dom.js'
import { consent } from './words.js'

/**
 * Fills the list of purposes with the current state of each, grants first. The titles and texts are in the page already.
 * @param {{gpc: boolean, decisions: Record<string, {state: string, decidedAt?: string, expiresAt?: string}>}} current decisions by purpose, and whether the browser sent the privacy signal
 * @param {(purpose: string, button: HTMLButtonElement) => void} [withdraw] is called by the button that each grant then gets
 */
export function showChoices({ gpc, decisions }, withdraw) {
  const zone = $('main').dataset.zone
  const list = $('choices')
  for (const row of list.children) {
    const { purpose } = row.dataset
    const decision = decisions[purpose] ?? { state: 'undecided' }
    row.dataset.state = decision.state
    row.querySelector('.state').textContent = consent(decision, zone, gpc && 'sells' in row.dataset)
    row.querySelector('button')?.remove()
    if (withdraw && decision.state === 'granted') row.append(button(purpose, withdraw))
  }
  if (list.dataset.sorted) return // a choice that was just withdrawn stays where it was
  list.prepend(...list.querySelectorAll('[data-state="granted"]'))
  list.dataset.sorted = 'true'
}

function button(purpose, withdraw) {
  const made = el('button', { type: 'button', id: `withdraw-${purpose}`, 'data-doing': 'Withdrawing…', 'aria-describedby': `purpose-${purpose}` }, 'Withdraw')
  made.addEventListener('click', () => withdraw(purpose, made))
  return made
}
