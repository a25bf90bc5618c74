// What the page of a mailbox shows while nothing may be shown by its address: why, and what still works (threat T27).
import { $, el } from './dom.js'

/**
 * Shows why nothing is shown, in the words of the page, and hides what is about one person. Without a doubt it is the other way round.
 * @param {string | undefined} doubt
 * @param {(purpose: string, card: HTMLElement, button: HTMLButtonElement) => void} refuse is called when somebody refuses a purpose for everybody
 *   who uses the address
 */
export function showDoubt(doubt, refuse) {
  for (const part of document.querySelectorAll('[data-personal]')) part.hidden = Boolean(doubt)
  const parts = [...document.querySelectorAll('[data-doubt]')]
  const shown = doubt && (parts.find(part => part.dataset.doubt === doubt) ?? parts.at(-1))
  for (const part of parts) part.hidden = part !== shown
  $('refuse').hidden = !shown || shown.dataset.doubt === 'unknown'
  for (const card of $('refusals').children) {
    card.classList.remove('decided')
    card.querySelector('.next, .result')?.remove()
    if ($('refuse').hidden) continue
    const button = el('button', { type: 'button', class: 'refuse', 'data-doing': 'Refusing…', 'aria-describedby': card.querySelector('h3').id }, 'Refuse')
    button.addEventListener('click', () => refuse(card.dataset.refuse, card, button))
    card.append(el('div', { class: 'next' }, el('p', { class: 'buttons' }, button)))
  }
}
