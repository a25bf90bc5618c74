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

/** Shows what the page has come to: moves the focus there, so that a screen reader follows, and the view to the page's title. */
export function reveal(node) {
  node.hidden = false
  node.focus({ preventScroll: true })
  scrollTo(0, 0)
}

/** Gives the page another title, above its content and in the browser's tab. */
export function retitle(title) {
  const heading = document.querySelector('h1')
  document.title = document.title.replace(heading.textContent, title)
  heading.textContent = title
}

const mark = 'Error: ' // before the title of a page that shows an error

/**
 * Shows what went wrong in the error summary, in words a person can act on, brings the summary into view and moves the focus to it.
 * Where the link is dead, the page's own advice takes the place of the button, which can do nothing any more; where it is not, the
 * page may offer to load again.
 * @param {Problem | string} problem
 * @param {{text: string, field?: HTMLElement}[]} [wrong] the fields that are not acceptable, each with what is wrong with it
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

/** A link that moves the focus to a field, with the field's label in view above it. The address stays as it is. */
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

/** Takes an earlier error away. */
export function calm() {
  $('errors').hidden = true
  $('problem').textContent = ''
  document.title = document.title.replace(mark, '')
}

/** Reports whether the button's work is going on. */
export const isBusy = button => button.getAttribute('aria-busy') === 'true'

/**
 * Runs work while the button says what is going on (its data-doing), which a screen reader hears too. A second press does nothing
 * meanwhile. The button keeps the focus: one that is disabled would lose it.
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
