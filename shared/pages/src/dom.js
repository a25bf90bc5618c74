import { explain, isDead } from './api.js'

export const $ = id => document.getElementById(id)

/** Makes an element. Children are nodes or text; text stays text, whatever it holds (threat T17). */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value)
  }
  node.append(...children.flat().filter(child => child !== undefined && child !== ''))
  return node
}

/** A table under a heading that says the same as its caption, with roles of its own: its rows become cards on a phone, and styles take an element's role away. */
export function table(caption, head, rows) {
  return el('table', { role: 'table' }, el('caption', { class: 'unseen' }, caption),
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, head.map(h => el('th', { role: 'columnheader', scope: 'col' }, h)))),
    el('tbody', { role: 'rowgroup' }, rows.map(([first, ...rest]) => el('tr', { role: 'row' },
      el('th', { role: 'rowheader', scope: 'row' }, first),
      rest.map((cell, i) => el('td', { role: 'cell', 'data-label': head[i + 1] }, cell))))))
}

/** Fills a definition list with pairs. */
export function facts(list, pairs) {
  list.replaceChildren(...pairs.flatMap(([term, text]) => [el('dt', {}, term), el('dd', {}, text)]))
}

/** Shows one element and moves the focus there, so that a screen reader follows. */
export function reveal(node) {
  node.hidden = false
  node.focus()
}

/** Gives the page another title, above its content and in the browser's tab. */
export function retitle(title) {
  const heading = document.querySelector('h1')
  document.title = document.title.replace(heading.textContent, title)
  heading.textContent = title
}

/**
 * Shows what went wrong, in words a person can act on. Where the link is dead, the page's own advice stands below in place of the
 * button, which could do nothing any more; where it is not, the page may offer to load again.
 * @param {Problem | string} problem
 */
export function fail(problem) {
  const dead = isDead(problem)
  $('problem').textContent = typeof problem === 'string' ? problem : explain(problem)
  for (const [id, hidden] of [['help', !dead], ['retry', dead]]) {
    if ($(id)) $(id).hidden = hidden
  }
  if (dead && $('ask')) $('ask').hidden = true
  reveal($('errors'))
}

/** Takes an earlier error away. */
export function calm() {
  $('errors').hidden = true
  $('problem').textContent = ''
}

/** Runs work while the button is busy, so that a second click does nothing. */
export async function busy(button, work) {
  if (button.getAttribute('aria-busy') === 'true') return
  button.setAttribute('aria-busy', 'true')
  try {
    await work()
  } finally {
    button.removeAttribute('aria-busy')
  }
}
