import { explain, isDead } from './api.js'
import { plain } from './words.js'

export const $ = id => document.getElementById(id)

/** Makes an element. Children are nodes or text. Text is never read as markup, whatever it contains (threat T17). */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value)
  }
  node.append(...children.flat().filter(child => child !== undefined && child !== ''))
  return node
}

/** What the policy calls a purpose or a category; its id in words if the policy does not know it. */
export const titleIn = (kind, id) => [...$('titles').content.children].find(({ dataset }) => dataset.kind === kind && dataset.id === id)?.textContent ?? plain(id)

/** Says which purposes of an objection stay forbidden, once our team decided; nothing if it says so of none. */
export const standing = ({ stands } = {}) => stands?.length ? el('p', { class: 'stands' }, `Still stopped: ${stands.map(id => titleIn('purpose', id)).join(', ')}.`) : ''

/**
 * A table under a heading that says the same as its caption. It sets its roles explicitly: on a phone its rows become cards, and such styles
 * remove the roles of its elements.
 */
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

/** Shows the page's result. Moves the focus there, so that a screen reader follows, and scrolls to the page's title. */
export function reveal(node) {
  node.hidden = false
  node.focus({ preventScroll: true })
  scrollTo(0, 0)
}

/** Changes the page's title, above its content and in the browser's tab. */
export function retitle(title) {
  const heading = document.querySelector('h1')
  document.title = document.title.replace(heading.textContent, title)
  heading.textContent = title
}

const mark = 'Error: ' // before the title of a page that shows an error

/**
 * Shows what went wrong in the error summary, in words a person can act on, scrolls to the summary and moves the focus to it. If the
 * link is dead, the page's own advice replaces the button, which would never work again. If not, the page may offer to load again.
 * @param {Problem | string} problem
 * @param {{text: string, field?: HTMLElement}[]} [wrong] the invalid fields, and what is wrong with each
 */
export function fail(problem, wrong = []) {
  const dead = isDead(problem)
  $('problem').textContent = typeof problem === 'string' ? problem : explain(problem)
  $('wrong').replaceChildren(...wrong.map(({ text, field }) => el('li', {}, field ? linkTo(field, text) : text)))
  $('wrong').hidden = wrong.length === 0
  for (const [id, hidden] of [['help', !dead], ['retry', dead]]) {
    if ($(id)) $(id).hidden = hidden
  }
  if (dead && $('ask')) $('ask').hidden = true
  if (!document.title.startsWith(mark)) document.title = mark + document.title
  $('errors').hidden = false
  $('errors').focus({ preventScroll: true })
  $('errors').scrollIntoView()
}

/** A link that moves the focus to a field and scrolls to the field's label. The address does not change. */
function linkTo(field, text) {
  const link = el('a', { href: `#${field.id}` }, text)
  link.addEventListener('click', clicked => {
    clicked.preventDefault()
    const label = field.closest('fieldset')?.querySelector('legend') ?? field.labels[0]
    label.scrollIntoView()
    field.focus({ preventScroll: true })
  })
  return link
}

/** Removes an earlier error. */
export function calm() {
  $('errors').hidden = true
  $('problem').textContent = ''
  document.title = document.title.replace(mark, '')
}

/** Reports whether the button's work is still running. */
export const isBusy = button => button.getAttribute('aria-busy') === 'true'

/**
 * Runs work. Meanwhile the button says what is going on (its data-doing), also to a screen reader, and ignores a second press. It is not
 * disabled, because it would then lose the focus.
 */
export async function busy(button, work) {
  if (isBusy(button)) return
  const label = button.textContent
  button.textContent = $('doing').textContent = button.dataset.doing
  button.setAttribute('aria-busy', 'true')
  button.setAttribute('aria-disabled', 'true')
  try {
    await work()
  } finally {
    button.removeAttribute('aria-busy')
    button.removeAttribute('aria-disabled')
    button.textContent = label
    $('doing').textContent = ''
  }
}
