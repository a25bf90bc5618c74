// Turns the fields of a form into the JSON of a request, and finds the field that an error is about.

const lists = ['purposes', 'categories']
const flags = ['declaration']

/** Members that stand inside another one. A form has a flat list of names. */
const nested = {
  childEmail: ['child', 'email'],
  agentName: ['onBehalfOf', 'name'],
  agentEmail: ['onBehalfOf', 'email'],
  agentRelation: ['onBehalfOf', 'relation'],
}

/**
 * The JSON of a request. Empty fields are left out, but for the address, which every request has; so the service names it if it is missing.
 * @param {Iterable<[string, string]>} fields in the order of the form
 */
export function filing(fields) {
  const body = {}
  for (const [name, typed] of fields) {
    const value = typed.trim()
    if (value === '' && name !== 'email') continue
    if (lists.includes(name)) (body[name] ??= []).push(value)
    else if (flags.includes(name)) body[name] = value === 'true'
    else if (Object.hasOwn(nested, name)) {
      const [outer, inner] = nested[name]
      body[outer] ??= {}
      body[outer][inner] = value
    } else body[name] = value
  }
  return body
}

/**
 * The pointer of the field to which an error belongs: the one that the error names, or the list of which it names an element.
 * @param {string} pointer such as /email or /purposes/0
 * @param {string[]} pointers of the fields on the page
 * @returns {string | undefined}
 */
export const placeOf = (pointer, pointers) => pointers.find(p => p === pointer || lists.includes(p.slice(1)) && pointer.startsWith(`${p}/`))
