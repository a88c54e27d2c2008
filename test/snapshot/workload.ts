import type { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { type AppState, makePeer, makeState } from './app-state.ts'

type Cache = SnapshotCache<AppState>

/** One call of a workload, and what it makes of the state that is stored. */
export interface Step {
  readonly title: string
  readonly run: (cache: Cache, state: AppState | undefined, signal?: AbortSignal) => Promise<unknown>
  readonly next: (state: AppState | undefined) => AppState | undefined
}

/** Stores what `change` makes of a copy of the state. */
export function storing(title: string, change: (state: AppState) => void): Step {
  const next = (state: AppState | undefined): AppState => {
    const copy = state === undefined ? makeState(0, 8) : structuredClone(state)
    change(copy)
    return copy
  }
  return { title, run: (cache, state, signal) => cache.store(next(state), { signal }), next }
}

function patching(title: string, peers: readonly number[], removed: readonly number[], tick: number): Step {
  const set = peers.map(i => makePeer(i, { name: `patched-${tick}-${'x'.repeat(60)}` }))
  const remove = removed.map(i => `n${i}`)
  return {
    title,
    run: (cache, _, signal) => cache.patch('peers', { set, remove }, { signal }),
    next: state => {
      const copy = structuredClone(state!)
      const merged = new Map((copy.peers ?? []).map(peer => [peer.id, peer]))
      for (const peer of set) merged.set(peer.id, peer)
      for (const id of remove) merged.delete(id)
      copy.peers = [...merged.values()]
      return copy
    },
  }
}

const updating: Step = {
  title: 'update two columns',
  run: (cache, _, signal) => cache.update({ dns: ['9.9.9.9'], self: { name: 'updated', tick: 99 } }, { signal }),
  next: state => ({ ...structuredClone(state!), dns: ['9.9.9.9'], self: { name: 'updated', tick: 99 } }),
}

const clearing: Step = { title: 'clear', run: (cache, _, signal) => cache.clear({ signal }), next: () => undefined }

function renamePeers(tick: number, first: number, length: number): (state: AppState) => void {
  return state => {
    for (const peer of state.peers!.slice(first, first + length)) peer.name = `renamed-${tick}-${'y'.repeat(50)}`
    state.self.tick = tick
  }
}

/** Everything that writes: a base, deltas in the head, deltas that spill, their merge, a new base, an update, a clear. */
export function makeWorkload(): Step[] {
  const steps: Step[] = [storing('first store', () => undefined)]
  for (let tick = 1; tick <= 3; tick++) steps.push(storing(`small change ${tick}`, renamePeers(tick, tick, 1)))
  steps.push(storing('a change that spills', renamePeers(4, 0, 4)))
  for (let tick = 5; tick <= 8; tick++) steps.push(patching(`patch ${tick}`, [tick, tick + 10], [tick - 5], tick))
  steps.push(storing('reverse', state => void state.peers!.reverse()))
  steps.push(updating)
  steps.push(storing('another base', state => Object.assign(state, { peers: makeState(10, 12).peers })))
  steps.push(storing('a field gone', state => void Reflect.deleteProperty(state, 'users')))
  steps.push(storing('a field back', state => Object.assign(state, { users: makeState(11, 3).users })))
  steps.push(clearing)
  steps.push(storing('store after clear', () => undefined))
  return steps
}
