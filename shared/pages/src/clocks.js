import { el, table } from './dom.js'
import { day, kind, law } from './words.js'

/** The clocks of a request as a table, the one that binds first. What is owed is told as past where the request is closed. */
export function clockTable(clocks, zone, closed = false) {
  const sorted = [...clocks].sort((a, b) => b.binding - a.binding || Date.parse(a.dueAt) - Date.parse(b.dueAt))
  return table('Deadlines by law', ['Law', closed ? 'We owed you' : 'We owe you'], sorted.map(clock => [
    law(clock.law),
    [`${kind(clock.kind)} by the end of `, el('time', { datetime: clock.dueAt }, day(clock.dueAt, zone)), ' ', clock.binding ? el('strong', { class: 'badge' }, closed ? 'bound us' : 'binds us') : ''],
  ]))
}
