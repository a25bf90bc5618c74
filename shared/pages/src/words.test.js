import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, askedFor, consent, count, date, day, event, exportState, holds, law, result, right, size, stateOf, waitsFor } from './words.js'

test('sizes are in units of 1,000', () => {
  for (const [bytes, text] of [[0, '0 bytes'], [999, '999 bytes'], [1000, '1.0 kB'], [48230, '48 kB'], [999_499, '999 kB'], [999_500, '1.0 MB'], [3.2e9, '3.2 GB']]) {
    assert.equal(size(bytes), text.replace(' ', '\u00a0'))
  }
})

test('Promise H13: a deadline is a day in the zone of the controller', () => {
  assert.equal(day('2031-07-31T22:59:59Z', 'Europe/London'), '31 July 2031')
  assert.equal(day('2031-07-31T23:30:00Z', 'Europe/London'), '1 August 2031')
  assert.equal(day('nonsense', 'Europe/London'), '')
  assert.equal(day('2031-07-31T23:30:00Z', 'Europe/Atlantis'), '31 July 2031')
})

test('a date without a time is the same day everywhere', () => {
  assert.equal(date('2031-04-05'), '5 April 2031')
  for (const none of ['', '2031-99-05', '5 April', '2031-04-05T00:00:00Z']) assert.equal(date(none), '')
})

test('an unknown word of the service is shown as words', () => {
  assert.equal(event('something_new'), 'Something new')
  assert.equal(law('uk'), 'UK GDPR')
})

test('a stopped export is told in words', () => {
  assert.match(event('stopped'), /could not send.*team/)
  assert.match(event('retried'), /started again/)
  assert.equal(exportState('stopped'), 'could not be sent')
})

test('Fault F24: an email that came back is told in words, with the reason', () => {
  assert.match(event('answer_returned', 'mailbox_full'), /answer came back.*team \(the mailbox is full\)$/)
  assert.match(event('link_returned', 'something_new'), /confirm it came back \(something new\)$/)
  assert.equal(exportState('returned'), 'its email came back')
})

test('Threat T32: what became of a request that only repeated another, or was not the holder’s, is told in words', () => {
  assert.match(event('repeated'), /repeated a request.*counted it there/)
  assert.match(event('discarded'), /you had not sent it/)
  assert.equal(event('joined'), 'We added your email to the request that it answers')
})

test('Threat T27: that the team looks at a request is told, and not why', () => {
  for (const reason of ['shared', 'detached', 'frozen', undefined]) {
    assert.equal(event('for_team', reason, 7), 'Somebody from our team is looking at your request')
  }
  for (const request of [{ state: 'open', waitingFor: 'team' }, { state: 'open', events: [{ kind: 'verified' }, { kind: 'for_team', reason: 'shared' }] }]) {
    assert.equal(waitsFor(request), 'team')
    assert.equal(stateOf(request, 7).join(': '), 'With our team: Somebody from our team is looking at your request.')
  }
})

test('Threat T33: a request from a new address is told to wait for as long as the policy says', () => {
  assert.match(event('waits', undefined, 7), /added to our records only recently, so we answer 7 days after that at the earliest$/)
  for (const request of [{ state: 'open', events: [{ kind: 'verified' }, { kind: 'waits' }] }, { state: 'open', waitingFor: 'days' }]) {
    assert.equal(waitsFor(request), 'days')
    assert.match(stateOf(request, 1).join(': '), /^Confirmed: This address was added.*We answer 1 day after that at the earliest/)
  }
  for (const request of [{ state: 'open', events: [{ kind: 'waits' }, { kind: 'exporting' }] }, { state: 'fulfilling', events: [{ kind: 'waits' }] }, { state: 'open', events: [] }, { state: 'open' }]) {
    assert.equal(waitsFor(request), undefined)
    assert.doesNotMatch(stateOf(request, 7)[1], /recently|team/)
  }
  assert.deepEqual(stateOf({ state: 'something_new' }), ['Something new', ''])
})

test('counts agree in number', () => {
  assert.equal(count(1, 'record', 'records'), '1 record')
  assert.equal(count(1205, 'record', 'records'), '1,205 records')
})

test('Promise E01: whatever is not granted is told as a no', () => {
  const at = { decidedAt: '2031-07-01T23:30:00Z', expiresAt: '2032-01-01T12:00:00Z' }
  assert.match(consent({ state: 'granted', ...at }, 'Europe/London'), /agreed on 2 July 2031.*until 1 January 2032/)
  assert.match(consent({ state: 'denied', ...at }, 'Europe/London'), /withdrew this on 2 July 2031/)
  assert.match(consent({ state: 'denied' }, 'Europe/London', true), /Global Privacy Control signal keeps this off/)
  for (const state of ['expired', 'undecided', 'something_new']) assert.match(consent({ state, ...at }, 'UTC'), /counts as a no/)
})

test('every right is told in words, and so is how it is answered', () => {
  for (const id of ['access', 'rectification', 'erasure', 'restriction', 'portability', 'objection', 'automated_decisions', 'know', 'delete', 'opt_out', 'child_erasure', 'complaint']) {
    assert.doesNotMatch(right(id), /_/)
    assert.notEqual(right(id).toLowerCase(), id.replaceAll('_', ' '))
  }
  assert.deepEqual(['know', 'objection', 'automated_decisions', 'erasure', 'constructor'].map(id => answer(id)), ['data', 'limit', 'statement', 'deletion', 'team'])
  assert.deepEqual(['categories', 'specific'].map(scope => answer('know', scope)), ['categories', 'data'])
})

test('Promise H06: what a request stops is told as long as it holds, and when it is over', () => {
  const kinds = (...list) => list.map(kind => ({ kind }))
  for (const [request, want] of [
    [{ right: 'opt_out', state: 'open', events: kinds('received') }, 'Being carried out'],
    [{ right: 'opt_out', state: 'fulfilled', events: kinds('received', 'in_force', 'answered') }, 'In force'],
    [{ right: 'opt_out', state: 'fulfilled', inForce: true }, 'In force'],
    [{ right: 'opt_out', state: 'fulfilled', events: kinds('in_force', 'lifted') }, 'Ended'],
    [{ right: 'opt_out', state: 'fulfilled', inForce: false }, 'Ended'],
    [{ right: 'restriction', state: 'withdrawn', events: kinds('in_force', 'withdrawn') }, 'Taken back'],
    [{ right: 'objection', state: 'refused', events: kinds('in_force', 'closed', 'lifted') }, 'Refused'],
    [{ right: 'erasure', state: 'open' }, 'Being planned'],
    [{ right: 'rectification', state: 'open' }, 'With our team'],
    [{ right: 'complaint', state: 'open', waitingFor: 'team' }, 'With our team'],
    [{ right: 'automated_decisions', state: 'fulfilled' }, 'Answered'],
    [{ right: 'access', state: 'open' }, 'Confirmed'],
    [{ right: 'child_erasure', state: 'open', inForce: true }, 'In force'],
  ]) assert.equal(stateOf(request, 7)[0], want)
  assert.match(stateOf({ right: 'restriction', state: 'fulfilling', inForce: true }, 7).join(': '), /^In force: It has taken effect/)
  assert.match(stateOf({ right: 'know', scope: 'categories', state: 'fulfilling' }, 7)[1], /writing the statement/)
  for (const right of ['restriction', 'objection', 'erasure']) assert.doesNotMatch(stateOf({ right, state: 'fulfilling' }, 7)[1], /gathering/)
  assert.match(stateOf({ right: 'restriction', state: 'open', waitingFor: 'team', events: kinds('verified', 'in_force', 'for_team') }, 7).join(': '), /In force: It has taken effect. Our privacy team is looking/)
  assert.equal(holds({ events: kinds('verified') }), undefined)
})

test('Promise L03: what our team decided is told in words', () => {
  assert.deepEqual(['done', 'partly_done', 'refused'].map(id => stateOf({ right: 'erasure', state: 'fulfilled', outcome: { result: id } })[0]), ['Done', 'Partly done', 'Refused'])
  assert.equal(stateOf({ right: 'erasure', state: 'fulfilled', outcome: { result: 'constructor' } })[0], 'Done')
  assert.equal(result('partly_done'), 'partly done')
  assert.equal(result('something_new'), 'something new')
  const decided = (right, result) => stateOf({ right, state: 'fulfilled', outcome: { result } })[1]
  assert.equal(decided('erasure', 'partly_done'), 'We did some of what you asked for.')
  assert.equal(decided('objection', 'done'), 'We agree with your objection.')
  assert.equal(decided('complaint', 'refused'), 'We do not agree with your complaint.')
  assert.match(event('closed', 'refused'), /emailed you the outcome: refused$/)
  assert.match(event('closed', 'something_new'), /outcome$/)
})

test('every event is told in words', () => {
  for (const kind of ['in_force', 'lifted', 'extended', 'extension_dropped', 'closed', 'released', 'extension_returned', 'closing_returned']) {
    assert.notEqual(event(kind).toLowerCase(), kind.replaceAll('_', ' '))
  }
  assert.match(event('extension_dropped', 'late'), /\(the first deadline had passed\)$/)
  assert.equal(event('for_team', 'judgement'), 'Our privacy team has to decide about it')
})

test('Promise H06, H10: why a purpose is off is told before all else', () => {
  const at = { state: 'denied', decidedAt: '2031-07-01T23:30:00Z' }
  assert.match(consent({ ...at, because: 'objection' }, 'Europe/London'), /^Off, because you objected on 2 July 2031\./)
  assert.match(consent({ state: 'denied', because: 'opt_out' }, 'Europe/London', true), /^Off, because you opted out\. To allow it again, take your opt-out back/)
  assert.match(consent({ ...at, because: 'constructor' }, 'Europe/London'), /withdrew this on 2 July 2031/)
})

test('Threat T06: what exactly a request asks for is told before it is confirmed', () => {
  const title = (kind, id) => `${kind} ${id}`
  assert.deepEqual(askedFor({}, title), [])
  assert.deepEqual(askedFor({ scope: 'specific' }, title), ['The data itself.'])
  assert.deepEqual(askedFor({ ground: 'claims', purposes: ['a', 'b'], categories: ['c'] }, title),
    ['The reason: you need the data for a legal claim.', 'Only these uses: purpose a, purpose b.', 'Only this data: category c.'])
  assert.deepEqual(askedFor({ scope: 'some_thing', ground: 'constructor' }, title), ['Some thing.', 'The reason: Constructor.'])
})

test('Promise H06: an objection that is still weighed is not told to have stopped what protects others', () => {
  const request = { right: 'objection', state: 'open', waitingFor: 'team', inForce: true }
  assert.match(stateOf(request, 7).join(': '), /^Being considered: .*unless that use protects others\.$/)
  assert.equal(stateOf({ ...request, state: 'fulfilled', waitingFor: undefined }, 7)[0], 'In force')
  for (const right of ['objection', 'restriction', 'opt_out']) assert.equal(event('answered', undefined, 7, right), 'We emailed you what it covers')
  for (const right of ['access', 'automated_decisions', undefined]) assert.equal(event('answered', undefined, 7, right), 'We emailed you the answer')
})

test('Promise H03: each state of a deletion is told in words', () => {
  const kinds = (...list) => list.map(kind => ({ kind }))
  for (const [request, want] of [
    [{ state: 'open' }, 'Being planned'],
    [{ state: 'open', waitingFor: 'you' }, 'Waits for you'],
    [{ state: 'open', events: kinds('verified', 'planned') }, 'Waits for you'],
    [{ state: 'open', waitingFor: 'cooling_off' }, 'Will be deleted'],
    [{ state: 'open', events: kinds('planned', 'agreed') }, 'Will be deleted'],
    [{ state: 'open', events: kinds('for_team', 'released') }, 'Being planned'],
    [{ state: 'open', waitingFor: 'team', events: kinds('planned', 'for_team') }, 'With our team'],
    [{ state: 'fulfilling', events: kinds('planned', 'agreed', 'erasing') }, 'Being deleted'],
    [{ state: 'fulfilled' }, 'Done'],
    [{ state: 'withdrawn' }, 'Cancelled'],
  ]) {
    for (const right of ['erasure', 'delete']) assert.equal(stateOf({ right, ...request }, 7)[0], want)
  }
  for (const kind of ['planned', 'agreed', 'erasing', 'erased']) assert.notEqual(event(kind).toLowerCase(), kind)
  assert.equal(event('for_team', 'unagreed'), 'Nobody agreed to the plan, so our team is looking at your request')
})
