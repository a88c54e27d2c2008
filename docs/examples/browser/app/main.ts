import { drawTimelines } from './draw-timelines.ts'
import { Pane } from './pane.ts'
import { changePeer } from './server-calls.ts'
import { startServerPanel } from './server-panel.ts'
import { startWith, type WithColdsnap } from './start-with.ts'
import { startWithout, type WithoutColdsnap } from './start-without.ts'

const find = <Kind extends Element>(selector: string): Kind => document.querySelector<Kind>(selector)!

function makePane(name: string): { pane: Pane; element: HTMLElement } {
  const root = find<HTMLElement>(`#${name}`)
  root.append(find<HTMLTemplateElement>('#pane').content.cloneNode(true))
  return { pane: new Pane(root), element: root.querySelector<HTMLElement>('.timeline')! }
}

const without = makePane('without')
const cached = makePane('with')
// Both at once, and before anything else: this is what is measured.
const starting = Promise.all([startWithout(without.pane), startWith(cached.pane)])
drawTimelines([without, cached])

startServerPanel(find('#server'))
find<HTMLInputElement>('#search').addEventListener('input', ({ currentTarget }) => {
  for (const { pane } of [without, cached]) pane.search((currentTarget as HTMLInputElement).value)
})
find('#again').addEventListener('click', () => location.reload())
find('#origin').textContent = navigator.serviceWorker?.controller
  ? 'This page came from its service worker; the server was not asked for it.'
  : 'This page came from the server.'

const note = find('#note')
try {
  const [plain, kept] = await starting
  offerActions(plain, kept)
  if (kept.isFirst && cached.pane.times.freshMs !== undefined) note.textContent = 'Stored. Now start again.'
} catch (error) {
  note.textContent = `The state is not stored: ${error instanceof Error ? error.message : error}.`
}
// Last: a start has better things to do.
await navigator.serviceWorker?.register('./service-worker.js')

function offerActions(plain: WithoutColdsnap, kept: WithColdsnap): void {
  const change = find<HTMLButtonElement>('#change')
  change.disabled = cached.pane.times.freshMs === undefined
  change.addEventListener('click', async () => {
    const peer = await changePeer().catch(() => undefined)
    note.textContent = peer === undefined ? 'The server did not answer: nothing has changed.' : ''
    if (peer !== undefined) await Promise.all([plain.change(peer), kept.change(peer)])
  })

  const forget = find<HTMLButtonElement>('#forget')
  forget.disabled = false
  forget.addEventListener('click', async () => {
    await kept.forget()
    location.reload()
  })
}
