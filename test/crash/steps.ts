import { copySnapshot } from '../../src/snapshot/copy-snapshot.ts'
import type { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { makePeer, makeState, type Peer, type User } from '../snapshot/app-state.ts'
import { type Config, copyState, firstState, type LifeState, makeBlob, openLife, renamed } from './life-state.ts'
import type { CrashModel } from './medium.ts'

/** What a step works with. */
export interface StepTools {
  readonly cache: SnapshotCache<LifeState>
  readonly store: Store
  readonly config: Config
  /** What is stored, as this process sees it. */
  readonly state: LifeState | undefined
}

/** One thing that happens in a life. */
export interface Step {
  readonly title: string
  /** Does it; resolved means acknowledged. */
  readonly run: (tools: StepTools) => Promise<unknown>
  /** What it makes of the state; without it, nothing. */
  readonly next?: (state: LifeState | undefined, config: Config) => LifeState | undefined
  /** The process ends, and the next one has this configuration. */
  readonly config?: (before: Config) => Config
  /** The process, or the machine, dies somewhere in the step before; the life goes on with what that left. */
  readonly crash?: CrashModel
}

type Change = (state: LifeState, config: Config) => LifeState

const nothing = async (): Promise<void> => undefined

/** Stores what `change` makes of the state, or of a first one. Nothing that `change` leaves alone is copied. */
export function storing(title: string, change: Change): Step {
  const next = (state: LifeState | undefined, config: Config): LifeState => change(state ?? firstState(config), config)
  return {
    title,
    next,
    run: ({ cache, state, config }) => {
      const after = next(state, config)
      // A program that changes its state in place hands over objects that are never the same twice.
      return cache.store(config.immutable === true ? after : copyState(after))
    },
  }
}

/** Changes `count` peers from `first` on, and the plain column. */
export function renaming(tick: number, first: number, count: number, length = 50): Step {
  return storing(`store: ${count} peers changed`, state => {
    const peers = state.peers!
    const from = first % Math.max(1, peers.length)
    const changed = peers.map((peer, i) => (i >= from && i < from + count ? renamed(peer, tick, length) : peer))
    return { ...state, peers: changed, self: { ...state.self, tick } }
  })
}

export function rebasing(tick: number, size: number): Step {
  return storing('store: everything changed', state => {
    const blob = state.blob === undefined ? {} : { blob: makeBlob(tick) }
    return { ...state, ...makeState(tick, size), ...blob }
  })
}

export function reversing(): Step {
  return storing('store: peers reversed', state => ({ ...state, peers: [...state.peers!].reverse() }))
}

/** Takes a field away, or puts it back. */
export function toggling(tick: number): Step {
  return storing('store: a field gone or back', state => {
    const { dns, ...rest } = state
    const changed = dns === undefined ? { ...rest, dns: [`back-${tick}`] } : rest
    return changed as LifeState
  })
}

export const unchanged: Step = {
  title: 'store: nothing changed',
  run: async ({ cache, state, config }) => {
    if (state !== undefined) await cache.store(config.immutable === true ? state : copyState(state))
  },
  next: state => state,
}

/** Runs `step` if there is a snapshot to build on, else stores a first state. */
function onSnapshot(step: Omit<Step, 'next'> & { readonly next: Change }): Step {
  const first = storing('store: first', state => state)
  return {
    title: step.title,
    run: tools => (tools.state === undefined ? first.run(tools) : step.run(tools)),
    next: (state, config) => (state === undefined ? first.next!(state, config) : step.next(state, config)),
  }
}

export function updating(tick: number): Step {
  const change = (state: LifeState): Partial<LifeState> => ({
    dns: [`9.9.9.${tick}`],
    self: { name: 'updated', tick },
    ...(state.blob === undefined ? {} : { blob: makeBlob(tick) }),
  })
  return onSnapshot({
    title: 'update: plain columns',
    run: ({ cache, state }) => cache.update(change(state!)),
    next: state => ({ ...state, ...change(state) }),
  })
}

/** Sets the peers of these numbers, and removes others. */
export function patching(tick: number, numbers: readonly number[], removed: readonly number[], length = 60): Step {
  const set: Peer[] = numbers.map(i => makePeer(i, { name: `patched-${tick}-${'x'.repeat(length)}` }))
  const remove = removed.map(i => `n${i}`)
  return onSnapshot({
    title: 'patch: peers',
    run: ({ cache }) => cache.patch('peers', { set, remove }),
    next: state => ({ ...state, peers: patchPeers(state.peers!, set, remove) }),
  })
}

/** What a patch makes of peers. */
export function patchPeers(peers: readonly Peer[], set: readonly Peer[], remove: readonly string[]): Peer[] {
  const merged = new Map(peers.map(peer => [peer.id, peer]))
  for (const peer of set) merged.set(peer.id, peer)
  for (const id of remove) merged.delete(id)
  return [...merged.values()]
}

export function patchingEntries(tick: number): Step {
  const user: User = { login: `user-${tick}@example.com`, seen: tick }
  return onSnapshot({
    title: 'patch: users',
    run: ({ cache }) => cache.patch('users', { set: { [`u${tick % 5}`]: user }, remove: [`u${(tick + 2) % 7}`] }),
    next: state => {
      const users = { ...state.users, [`u${tick % 5}`]: user }
      delete users[`u${(tick + 2) % 7}`]
      return { ...state, users }
    },
  })
}

export const clearing: Step = { title: 'clear', run: ({ cache }) => cache.clear(), next: () => undefined }

/** Loads, and says that the state is good. */
export const confirming: Step = {
  title: 'load and confirm',
  run: async ({ cache }) => await (await cache.load())?.confirm(),
}

/** Ends the process; `change` is what the next release of the program does differently. */
export function reopening(title: string, change: (config: Config) => Config = config => config): Step {
  return { title, run: nothing, config: change }
}

export const newSchema: Step = reopening('next release: another schema version', config => {
  return { ...config, schemaVersion: (config.schemaVersion ?? 0) + 1 }
})

/** Copies a snapshot of another store over this one. A copy is another program's: the cache is opened anew after it. */
export function copying(tick: number): Step {
  const source = (config: Config): LifeState => {
    const blob = config.codec === 'json' ? {} : { blob: makeBlob(tick) }
    return { ...makeState(tick, 6), ...blob }
  }
  // The same step again copies the same source again, whose segments may be there already, whole or not.
  let from: MemoryStore | undefined
  return {
    title: 'copySnapshot',
    run: async ({ store, config }) => {
      if (from === undefined) {
        from = new MemoryStore()
        const cache = openLife(from, config)
        await cache.store({ ...source(config), self: { name: 'first', tick: -1 } })
        await cache.store(source(config))
      }
      const { codec = 'auto' } = config
      await copySnapshot(from, store, { replace: true, codec })
    },
    next: (_, config) => source(config),
    config: config => config,
  }
}

export function crashing(model: CrashModel): Step {
  return { title: `crash: ${model}`, run: nothing, crash: model }
}
