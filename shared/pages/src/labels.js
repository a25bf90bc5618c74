// How the members of a file of an export are shown: in the order, with the titles and in the words that its manifest holds.
import { plain } from './words.js'

/**
 * @typedef {object} Label
 * @property {string} name of the member
 * @property {string} title
 * @property {string} type a type of the policy's fields; purposes: an object with a member for each purpose; file: not shown
 * @property {Record<string, string>} [words] what machine words mean
 * @property {string} [absent] shown where the value is missing or empty; without it a missing member is not shown
 * @property {Label[]} [fields] of each item of a list, or of the decision on each purpose
 *
 * @typedef {{purpose: string, title: string}[]} Purposes in the policy's order
 */

/**
 * The members of an object as they are shown: those with a label first, in the order of the labels, then all others under their own names.
 * @param {object} object
 * @param {Label[]} [labels]
 * @returns {[Label, unknown][]}
 */
export function members(object, labels = []) {
  const labelled = labels.map(label => [label, Object.hasOwn(object, label.name) ? object[label.name] : undefined])
  const others = Object.keys(object).filter(name => !labels.some(label => label.name === name)).map(name => [{ name, title: titleOf(name), type: '' }, object[name]])
  return [...labelled, ...others].filter(([label, value]) => label.type !== 'file' && (value !== undefined || label.absent))
}

/** Whether a value holds nothing. */
export const empty = value => value === undefined || value === null || value === '' || typeof value === 'object' && Object.keys(value).length === 0

/**
 * An object with a member for each purpose as a list, in the policy's order. A purpose that the policy does not have any more comes last.
 * @param {object} object
 * @param {Label} label
 * @param {Purposes} purposes
 */
export function decisions(object, { fields = [] }, purposes) {
  const unknown = Object.keys(object).filter(name => !purposes.some(({ purpose }) => purpose === name)).map(purpose => ({ purpose, title: titleOf(purpose) }))
  return [...purposes, ...unknown].filter(({ purpose }) => Object.hasOwn(object, purpose)).map(({ purpose, title }) => {
    const decision = object[purpose]
    return { purpose: title, ...typeof decision === 'object' ? decision : { [fields[1]?.name ?? 'state']: decision } }
  })
}

/** The text of a value that is no list and no object: words for machine words, everything else as it is. */
export function text(value, { words } = {}) {
  if (!words) return String(value)
  return Object.hasOwn(words, value) ? words[value] : String(value).replaceAll('_', ' ')
}

/** A title for a member that has none: ipAddress becomes IP address. */
export function titleOf(name) {
  return plain(name.replaceAll('_', ' ').replace(/([a-z])([A-Z0-9])|([0-9])([A-Z])/g, '$1$3 $2$4').toLowerCase()
    .replace(/\b(gpc|id|ip|url|vat)\b/g, acronym => acronym.toUpperCase()))
}
