import { $, el } from './dom.js'
import { consent } from './words.js'

/**
 * Fills the list of purposes with what holds for each, grants first. The titles and texts stand in the page; only states come in.
 * @param {{gpc: boolean, decisions: Record<string, {state: string, decidedAt?: string, expiresAt?: string}>}} held decisions by purpose, and whether the signal was sent
 * @param {(purpose: string, button: HTMLButtonElement) => void} [withdraw] offers a button for each grant
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
