import { call } from './api.js'
import { clockTable } from './clocks.js'
import { $, busy, calm, el, facts, fail, table } from './dom.js'
import { readLink } from './link.js'
import { count, day, event, exportState, moment, right, size, states, plain } from './words.js'

// The link works many times, so its secret stays in the fragment: a reload shows the request again.
const { id, secret: token } = readLink(location)
const zone = $('main').dataset.zone
const address = `/v1/requests/${encodeURIComponent(id)}`
const waiting = ['open', 'fulfilling']

if (token) void load()
else fail('A part of the link is missing. Please open it from the mail again, or copy all of it.')

async function load() {
  try {
    const request = await call('GET', address, { token })
    calm()
    show(request)
    const making = request.exports?.some(e => ['pending', 'building', 'sending'].includes(e.state))
    if (waiting.includes(request.state) || making) setTimeout(load, 5000)
  } catch (problem) {
    fail(problem)
  }
}

function show(request) {
  const [name, meaning] = states[request.state] ?? [plain(request.state), '']
  if ($('state').dataset.state !== request.state) { // said once, not at each refresh
    $('state').dataset.state = request.state
    $('state').className = `note ${{ fulfilled: 'good', refused: 'bad' }[request.state] ?? ''}`
    $('state').replaceChildren(el('h2', {}, name), el('p', {}, meaning))
    $('status').textContent = `State: ${name}.`
  }
  $('clocks').replaceChildren(clockTable(request.clocks ?? [], zone))
  $('events').replaceChildren(...(request.events ?? []).map(e =>
    el('li', {}, el('time', { datetime: e.at }, moment(e.at)), ' ', event(e.kind))))
  showExports(request.exports ?? [])
  facts($('facts'), [
    ['Right', right(request.right)], ['Received', moment(request.receivedAt)], ['Number', el('code', {}, request.id)],
    ['We answer by', day(request.dueAt, zone)], ['Policy version in force', request.policyVersion],
  ])
  $('withdraw').hidden = !['verifying', ...waiting].includes(request.state)
  $('new-export').hidden = request.state !== 'fulfilled' || !request.exports?.length
  $('view').hidden = false
}

function showExports(exports) {
  $('exports-title').hidden = exports.length === 0
  $('exports').replaceChildren(exports.length === 0 ? '' : table('Exports and their downloads',
    ['Made', 'State', 'Size', 'Link works', 'Downloads'], exports.map(e => [
      moment(e.createdAt),
      exportState(e.state),
      e.bytes ? size(e.bytes) : '–',
      linkOf(e),
      e.downloads?.length ? el('ul', {}, e.downloads.map(at => el('li', {}, moment(at)))) : 'none',
    ])))
}

function linkOf({ expiresAt, usesLeft }) {
  if (!expiresAt) return '–'
  if (Date.parse(expiresAt) <= Date.now()) return 'no longer'
  return usesLeft > 0 ? `until ${moment(expiresAt)}, ${count(usesLeft, 'more time', 'more times')}` : 'used up'
}

$('new-export').addEventListener('click', () => busy($('new-export'), () => act('exports')))

$('withdraw').addEventListener('click', () => $('sure').showModal())

$('sure').addEventListener('close', () => {
  if ($('sure').returnValue === 'withdraw') void busy($('withdraw'), () => act('withdraw'))
  $('sure').returnValue = ''
})

async function act(what) {
  calm()
  try {
    await call('POST', `${address}/${what}`, { token })
    await load()
    $('status').textContent = what === 'exports' ? 'A new export is being made. Its link comes by mail.' : 'The request was withdrawn.'
    $('state').focus()
  } catch (problem) {
    fail(problem)
  }
}
