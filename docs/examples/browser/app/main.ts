import { drawTimelines } from './draw-timelines.ts'
import { Pane } from './pane.ts'
import { changePeer } from './server-calls.ts'
import { startServerPanel } from './server-panel.ts'
import { startWith } from './start-with.ts'
import { startWithout } from './start-without.ts'

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
await navigator.serviceWorker?.register('./service-worker.js')

const [plain, kept] = await starting
const change = find<HTMLButtonElement>('#change')
change.disabled = cached.pane.times.freshMs === undefined
change.addEventListener('click', async () => {
  change.disabled = true
  try {
    const peer = await changePeer()
    await Promise.all([plain.change(peer), kept.change(peer)])
    change.disabled = false
  } catch {
    find('#note').textContent = 'The server did not answer: nothing has changed.'
  }
})
const forget = find<HTMLButtonElement>('#forget')
forget.disabled = false
forget.addEventListener('click', async () => {
  await kept.forget()
  location.reload()
})
