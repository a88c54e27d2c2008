import { entries, keyed, SnapshotCache } from '../../src/index.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import type { Store } from '../../src/store/store.ts'

export interface Sample {
  self: { name: string; since: Date }
  dns: string[]
  peers: { id: string; name: string; note?: string }[]
  users: Record<string, { login: string }>
}

/** A state of `count` peers. */
export function sampleState(count = 3): Sample {
  return {
    self: { name: 'ada', since: new Date(Date.UTC(2026, 0, 2)) },
    dns: ['1.1.1.1'],
    peers: Array.from({ length: count }, (_, i) => ({ id: `n${i}`, name: `peer ${i}` })),
    users: { 7: { login: 'ada' } },
  }
}

export function sampleCache(store: Store, name = 'app', nowMs = 1_767_323_045_678): SnapshotCache<Sample> {
  return new SnapshotCache<Sample>(store, {
    name,
    columns: { peers: keyed('id'), users: entries() },
    now: () => nowMs,
  })
}

/** Makes a store in `dir` with a cache of two generations: the second has another peer and no users. */
export async function makeSample(dir: string, kind: 'file' | 'level' = 'file', count = 3): Promise<void> {
  await using store = await (kind === 'file' ? FileStore : LevelStore).open(dir)
  const cache = sampleCache(store)
  const state = sampleState(count)
  await cache.store(state)
  await cache.store({
    ...state,
    dns: ['9.9.9.9'],
    peers: [...state.peers.slice(1), { id: 'new', name: 'new one' }],
    users: {},
  })
}
