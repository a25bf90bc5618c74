import { el, table } from './dom.js'
import { day, kind, law } from './words.js'

/** The clocks of a request as a table, the binding one first. If the request is closed, the table uses the past tense. */
export function clockTable(clocks, zone, closed = false) {
  const sorted = [...clocks].sort((a, b) => b.binding - a.binding || Date.parse(a.dueAt) - Date.parse(b.dueAt))
  return table('Deadlines by law', ['Law', closed ? 'We had to send you' : 'We must send you'], sorted.map(clock => [
    law(clock.law),
    [`${kind(clock.kind)} by the end of `, el('time', { datetime: clock.dueAt }, day(clock.dueAt, zone)), ' ', clock.binding ? el('strong', { class: 'badge' }, closed ? 'this one counted' : 'this one counts') : ''],
  ]))
}
