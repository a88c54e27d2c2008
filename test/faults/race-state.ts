import { keyed } from '../../src/snapshot/columns.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import type { Store } from '../../src/store/store.ts'

/** A state in which everything says who stored it, and as which of their writes. */
export interface RaceState {
  self: { stamp: string; total: number }
  blob: string
  peers: { id: string; stamp: string }[]
}

export function raceState(writer: string, turn: number, total: number): RaceState {
  const stamp = `${writer}-${turn}`
  const peers = Array.from({ length: 40 }, (_, i) => ({ id: `p${(i + turn) % 40}`, stamp }))
  return { self: { stamp, total }, blob: `${stamp} `.repeat(3000), peers }
}

export function raceCache(store: Store): SnapshotCache<RaceState> {
  return new SnapshotCache<RaceState>(store, { name: 'race', columns: { peers: keyed<{ id: string }>('id') } })
}
