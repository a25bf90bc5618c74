import { call, incomplete, Problem } from './api.js'
import { fileName, openBundle } from './bundle.js'
import { $, busy, calm, el, facts, fail, retitle, reveal, table } from './dom.js'
import { mindFragment, readLink, settle, settled, splitSecret } from './link.js'
import { categoryView, documentView } from './records.js'
import { count, moment, right, size } from './words.js'

const { id, secret, path } = readLink(location)
const { token, identity } = splitSecret(secret)

const failures = {
  gone: 'We could not fetch the file. Please try again. If it fails again, ask for a new link on your privacy page.',
  key: 'The key in this link does not open the file. Part of the link may be missing. Please open it from the email again, or copy the whole link.',
  damaged: 'The file is damaged, so we show nothing of it. Please try again. If it fails again, ask for a new link on your privacy page.',
  network: 'The connection was lost before the whole file had arrived. Please try again.',
  incomplete, // the key does not have the form of a key
}

let outcome = settled(history)
if (outcome) tell(outcome)
else if (token && identity) $('ask').hidden = false
else fail(incomplete)
mindFragment()

$('open').addEventListener('click', () => busy($('open'), open))

async function open() {
  calm()
  $('working').hidden = false
  step('Checking the key…')
  const worker = new Worker(workerURL, { type: 'module' })
  try {
    await askWorker(worker, { identity }) // a broken key must not cost one of the link's uses
    step('Asking for the file…')
    const { url, bytes } = await call('POST', '/v1/downloads', { body: { export: id, token } })
    step(`Fetching and opening ${size(bytes)}…`)
    const zip = await askWorker(worker, { url, identity }, read => { $('progress').value = bytes > 0 ? Math.min(100, 100 * read / bytes) : 0 })
    const bundle = await openBundle(zip).catch(() => { throw 'damaged' })
    outcome = { openedAt: new Date().toISOString() }
    settle(history, path, outcome)
    show(zip, bundle)
    $('ask').hidden = true
    reveal($('done'))
  } catch (failure) {
    fail(failure instanceof Problem ? failure : failures[failure] ?? new Problem(500))
  } finally {
    worker.terminate()
    $('working').hidden = true
  }
}

/** Says after a reload what was done here. The page has kept neither the key nor the data (threat T12). */
function tell({ openedAt, saved }) {
  $('opened').textContent = `You opened your file here on ${moment(openedAt)}${saved ? ` and saved it as ${saved}` : ''}.`
  $('before').hidden = false
  retitle('You have opened your data')
}

// The page's Content-Security-Policy lets no string become a script, except the address of the worker, which the server gave (threat T17).
const trusted = globalThis.trustedTypes?.createPolicy('worker', { createScriptURL: () => $('main').dataset.worker })
const workerURL = trusted ? trusted.createScriptURL('') : $('main').dataset.worker

/** Resolves with the worker's result, or rejects with a key of failures. The page shows nothing until the whole file has been checked. */
function askWorker(worker, task, progress) {
  return new Promise((resolve, reject) => {
    worker.onerror = () => reject('network')
    worker.onmessage = ({ data }) => {
      if (data.failed) reject(data.failed)
      else if (data.done) resolve(data.done)
      else progress(data.read)
    }
    worker.postMessage(task)
  })
}

function step(text) {
  $('step').textContent = text
  $('progress').removeAttribute('value')
}

function show(zip, bundle) {
  const { manifest } = bundle
  const total = manifest.categories.reduce((sum, c) => sum + c.count, 0)
  const records = manifest.categories.length ? `${count(total, 'record', 'records')}, ` : '' // a statement of how data is used has none
  $('what').textContent = `${records}${size(zip.size)}. Nothing is stored on your device until you save it.`
  $('categories').replaceChildren(...manifest.categories.map(about => categoryView(about, bundle)),
    ...manifest.documents.map(about => documentView(about, bundle)))
  $('files').replaceChildren(table('Files', ['File', 'Size', 'SHA-256'],
    manifest.files.map(f => [el('code', {}, f.name), size(f.bytes), el('code', { class: 'hash' }, f.sha256)])))
  const { controller = {} } = manifest
  facts($('facts'), [
    ['You asked for', right(manifest.right)], ['Made', moment(manifest.createdAt)], ['Policy version', manifest.policyVersion],
    ['Responsible for your data', [controller.name, controller.site, controller.email, controller.phone, controller.privacyEmail].filter(Boolean).join(', ')],
  ])
  offer(new File([zip], fileName(manifest.createdAt), { type: 'application/zip' }))
}

// The blob's address stays valid as long as the page, so that Save works more than once.
function offer(file) {
  const address = URL.createObjectURL(file)
  $('save').addEventListener('click', () => {
    el('a', { href: address, download: file.name }).click()
    settle(history, path, { ...outcome, saved: file.name })
    $('saved').textContent = `Saved as ${file.name}. The saved file is not encrypted, so please keep it where only you can read it.`
  })
  if (!navigator.canShare?.({ files: [file] })) return
  $('share').hidden = false
  $('share').addEventListener('click', () => navigator.share({ files: [file], title: file.name }).catch(() => {})) // closing the share sheet is not an error
}
