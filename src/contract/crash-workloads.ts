import { entries, keyed } from '../snapshot/columns.ts'
import { copySnapshot } from '../snapshot/copy-snapshot.ts'
import { SnapshotCache } from '../snapshot/snapshot-cache.ts'
import type { SnapshotCacheOptions } from '../snapshot/snapshot-options.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import type { CrashRule } from './crash-rules.ts'

interface Peer {
  readonly id: string
  readonly name: string
}

/** The state of a workload: plain data whose fields keep their order, so that its JSON tells everything. */
export interface CrashState {
  readonly self: { readonly tick: number }
  readonly text: string
  readonly peers: readonly Peer[]
  readonly users: Readonly<Record<string, { readonly seen: number }>>
}

type Cache = SnapshotCache<CrashState>
type CacheOptions = SnapshotCacheOptions<CrashState>

/** One call on a cache, and what is stored once it is resolved. */
export interface CrashStep {
  readonly title: string
  /** Of the process that does the step, and of one that starts after it. */
  readonly options: CacheOptions
  readonly run: (cache: Cache, store: Store) => Promise<unknown>
  readonly after: CrashState | undefined
}

/** Name of the cache of every workload. */
export const crashCacheName = 'crash'

/** Opens the cache of a workload. */
export function openCrashCache(store: Store, options: CacheOptions = {}): Cache {
  const columns = { peers: keyed<Peer>('id'), users: entries<{ readonly seen: number }>() }
  return new SnapshotCache<CrashState>(store, { name: crashCacheName, columns, ...options })
}

/** A state that differs everywhere from that of another `tick`. */
export function makeCrashState(tick: number): CrashState {
  return {
    self: { tick },
    text: `${tick} `.repeat(2000),
    peers: Array.from({ length: peerCount }, (_, i) => makePeer(i, tick)),
    users: Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`u${i}`, { seen: tick }])),
  }
}

// With these sizes a base is 100 kB: a delta of 2 peers rides in the head, one of 7 does not, and 10 make a new base due.
const peerCount = 40
const nameLength = 2500

function makePeer(i: number, tick: number): Peer {
  return { id: `n${i}`, name: `${tick}-`.padEnd(nameLength, 'x') }
}

function storing(title: string, after: CrashState, options: CacheOptions = {}): CrashStep {
  return { title, options, run: cache => cache.store(after), after }
}

function patching(title: string, before: CrashState, from: number, count: number, tick: number): Patched {
  const set = Array.from({ length: count }, (_, i) => makePeer(from + i, tick))
  const remove = [`n${from + count}`]
  const merged = new Map(before.peers.map(peer => [peer.id, peer]))
  for (const peer of set) merged.set(peer.id, peer)
  merged.delete(remove[0]!)
  const after = { ...before, peers: [...merged.values()] }
  return { title, options: {}, run: cache => cache.patch('peers', { set, remove }), after }
}

type Patched = CrashStep & { readonly after: CrashState }

function storeSteps(): CrashStep[] {
  const [first, second, third] = [makeCrashState(1), makeCrashState(2), makeCrashState(3)]
  const small = { ...second, self: { tick: 4 }, users: { ...second.users, u1: { seen: 4 } } }
  const turned = { ...small, peers: [...small.peers].reverse() }
  return [
    storing('the first store', first),
    storing('a store of another state', second),
    storing('a store of a small change', small),
    storing('a store of another order', turned),
    storing('a store of a third state', third),
  ]
}

function partSteps(): CrashStep[] {
  const first = makeCrashState(1)
  const inline = patching('a patch that rides in the head', first, 0, 2, 2)
  const spilled = patching('a patch that spills', inline.after, 5, 7, 3)
  const based = patching('a patch that makes a new base due', spilled.after, 20, 3, 4)
  const columns = { self: { tick: 5 }, text: 'five '.repeat(2000) }
  return [
    storing('the first store', first),
    inline,
    spilled,
    based,
    { title: 'an update', options: {}, run: cache => cache.update(columns), after: { ...based.after, ...columns } },
  ]
}

function clearSteps(): CrashStep[] {
  const clearing: CrashStep = { title: 'a clear', options: {}, run: cache => cache.clear(), after: undefined }
  return [
    storing('the first store', makeCrashState(1)),
    storing('a second store', makeCrashState(2)),
    clearing,
    storing('a store after the clear', makeCrashState(3)),
    clearing,
  ]
}

function copySteps(): CrashStep[] {
  const copying = (tick: number): CrashStep => ({
    title: `a copy of state ${tick}`,
    options: {},
    run: async (_, store) => {
      const from = new MemoryStore()
      await openCrashCache(from).store(makeCrashState(tick + 100))
      await openCrashCache(from).store(makeCrashState(tick))
      await copySnapshot(from, store, { name: crashCacheName, replace: true })
    },
    after: makeCrashState(tick),
  })
  return [copying(1), storing('a store', makeCrashState(2)), copying(3), copying(4)]
}

function releaseSteps(): CrashStep[] {
  const first = makeCrashState(1)
  const migrate = (state: never): CrashState => state
  const second = { codec: 'cbor', compress: true, schemaVersion: 1, migrate } as const
  const third = { schemaVersion: 2, migrate } as const
  const text = 'second release'.repeat(500)
  return [
    storing('the first store', first),
    {
      title: 'an update by the second release',
      options: second,
      run: cache => cache.update({ text }),
      after: { ...first, text },
    },
    storing('a store by the second release', makeCrashState(2), second),
    storing('the same store by the third release', makeCrashState(2), third),
    storing('a store by the third release', makeCrashState(3), third),
  ]
}

/** The steps of each case. */
export const crashWorkloads: Readonly<Record<CrashRule, () => readonly CrashStep[]>> = {
  C1: storeSteps,
  C2: partSteps,
  C3: clearSteps,
  C4: copySteps,
  C5: releaseSteps,
}
