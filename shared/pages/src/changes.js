// The words about a change of whom an email address stands for, made by one of our systems (threat T33). They are the same whoever is on the
// other side: none says which address it is, or whose.
import { count, day } from './words.js'

/** The buttons of a change: one that accepts it, and one that stops it. Both only protect, so they work however often the link was opened. */
export const presses = { confirm: ['That is right', 'Saving…'], discard: ['This was not me: stop it', 'Stopping…'] }

/** How the page names the records, by why it shows nothing of them. A mailbox may have an owner by now who is none of the people concerned. */
const whose = { detached: 'records that this address led to until recently', shared: 'records that this address leads to', frozen: 'records that this address leads to' }

/**
 * What a change is, what it leads to, and what to say once it is accepted or stopped.
 * @param {{change: string, receivedAt: string}} item
 * @param {{doubt?: string, days: number, zone: string}} context days is for how long nothing is answered through a new address
 * @returns {{title: string, text: string, next: string, accepted: string, stopped: string}}
 */
export function change({ change: kind, receivedAt }, { doubt, days, zone }) {
  const on = day(receivedAt, zone)
  const from = day(Date.parse(receivedAt) + days * 86_400_000, zone)
  const wait = `For the first ${count(days, 'day', 'days')}, until ${from},`
  if (kind === 'subjects_joined') return {
    title: 'Two records of ours were joined',
    text: `On ${on} one of our systems joined two records of ours into one because they are about one person. This address ${doubt === 'detached' ? 'led to one of them until recently' : 'leads to one of them'}.`,
    next: `${wait} we answer no request through the email addresses of these records. If you do nothing, they stay joined.`,
    accepted: `Thank you. From ${from} on we answer through the email addresses of these records again.`,
    stopped: 'Stopped. Somebody from our team is looking at it. Until then nothing is answered through the email addresses of these records. If this address is one of them, this page closes.',
  }
  const added = kind === 'addresses_changed'
  return {
    title: `${added ? 'An email address was added to' : 'Somebody changed the email addresses of'} ${doubt ? 'our' : 'your'} records`,
    text: `On ${on} one of our systems ${added ? 'added an email address to' : 'changed the email addresses of'} ${whose[doubt] ?? 'your records'}. We do not show the address here, to protect whoever uses it.`,
    next: `${wait} we send no answer and none of ${doubt ? 'the' : 'your'} data to the new address. If you do nothing, the address stays.`,
    accepted: `Thank you. From ${from} on we answer requests from the new address, too.`,
    stopped: 'Stopped. Somebody from our team is looking at it. Until then nothing is answered through the new address.',
  }
}
