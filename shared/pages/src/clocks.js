import { el, table } from './dom.js'
import { day, kind, law } from './words.js'

/** The clocks of a request as a table, the one that binds first. */
export function clockTable(clocks, zone) {
  const sorted = [...clocks].sort((a, b) => b.binding - a.binding || Date.parse(a.dueAt) - Date.parse(b.dueAt))
  return table('Deadlines by law', ['Law', 'We', 'By the end of'], sorted.map(clock => [
    law(clock.law),
    kind(clock.kind),
    [el('time', { datetime: clock.dueAt }, day(clock.dueAt, zone)), clock.binding ? el('strong', { class: 'badge' }, 'binds us') : ''],
  ]))
}
