// Shows the members of an export's files in the order, with the titles and in the words of the export's manifest.
import { plain } from './words.js'

/**
 * @typedef {object} Label
 * @property {string} name of the member
 * @property {string} title
 * @property {string} type a type of the policy's fields; purposes: an object with a member for each purpose; file: not shown
 * @property {Record<string, string>} [words] from machine words to their meaning
 * @property {string} [absent] shown if the value is missing or empty; without it, a missing member is not shown
 * @property {Label[]} [fields] of each item of a list, or of the decision on each purpose
 *
 * @typedef {{purpose: string, title: string}[]} Purposes in the policy's order
 */

/**
 * The members of an object in the order in which they are shown: first those with a label, in the order of the labels, then all others
 * under their own names.
 * @param {object} object
 * @param {Label[]} [labels]
 * @returns {[Label, unknown][]}
 */
export function members(object, labels = []) {
  const labelled = labels.map(label => [label, Object.hasOwn(object, label.name) ? object[label.name] : undefined])
  const others = Object.keys(object).filter(name => !labels.some(label => label.name === name)).map(name => [{ name, title: titleOf(name), type: '' }, object[name]])
  return [...labelled, ...others].filter(([label, value]) => label.type !== 'file' && (value !== undefined || label.absent))
}

/** Reports whether a value is empty. */
export const empty = value => value === undefined || value === null || value === '' || typeof value === 'object' && Object.keys(value).length === 0

/**
 * Turns an object with a member for each purpose into a list in the policy's order. Purposes that are no longer in the policy come last.
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

/** The text of a value other than a list or an object. Machine words become words, and everything else stays as it is. */
export function text(value, { words } = {}) {
  if (!words) return String(value)
  return Object.hasOwn(words, value) ? words[value] : String(value).replaceAll('_', ' ')
}

/** A title for a member without one: ipAddress becomes IP address. */
export function titleOf(name) {
  return plain(name.replaceAll('_', ' ').replace(/([a-z])([A-Z0-9])|([0-9])([A-Z])/g, '$1$3 $2$4').toLowerCase()
    .replace(/\b(gpc|id|ip|url|vat)\b/g, acronym => acronym.toUpperCase()))
}
