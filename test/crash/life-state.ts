import { isDeepStrictEqual } from 'node:util'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import type { Store } from '../../src/store/store.ts'
import { type AppState, columns, makePeer, makeState } from '../snapshot/app-state.ts'

/** A state with a column of every kind, one of bytes, and what migrations leave. */
export interface LifeState extends AppState {
  /** Bytes can be wrong without being impossible: only a digest tells. */
  blob?: Uint8Array
  migrated?: string[]
}

/** What a process opens its cache with. */
export interface Config extends SnapshotCacheOptions<LifeState> {
  readonly schemaVersion?: number
  readonly poisonAfter?: number
}

/** A state as some process stored it. */
export interface Stored {
  readonly state: LifeState
  readonly schemaVersion: number
}

const name = 'app'

/** Opens the cache of a life. The clock stands still: nothing here depends on time. */
export function openLife(store: Store, config: Config): SnapshotCache<LifeState> {
  const to = config.schemaVersion ?? 0
  const migrate = (state: LifeState, from: number): LifeState => migrateState(state, from, to)
  return new SnapshotCache<LifeState>(store, { name, columns, now: () => 1_767_323_045_678, ...config, migrate })
}

function migrateState(state: LifeState, from: number, to: number): LifeState {
  return { ...state, migrated: [...(state.migrated ?? []), `${from} to ${to}`] }
}

/** What a process with `config` has of what is stored. */
export function seenBy(config: Config, stored: Stored | undefined): LifeState | undefined {
  const to = config.schemaVersion ?? 0
  if (stored === undefined || stored.schemaVersion === to) return stored?.state
  return migrateState(stored.state, stored.schemaVersion, to)
}

/** The first state of a life, with bytes unless the codec is JSON. */
export function firstState(config: Config, peers = 8): LifeState {
  const state: LifeState = makeState(0, peers)
  if (config.codec !== 'json') state.blob = makeBlob(0)
  return state
}

/** Bytes that are none of them zero, too many for a head. */
export function makeBlob(tick: number, length = 700): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 1 + ((i * 7 + tick * 31) % 255))
}

/** The same peer with other content. */
export function renamed(peer: { readonly id: string }, tick: number, length = 50): ReturnType<typeof makePeer> {
  return makePeer(Number(peer.id.slice(1)), { name: `renamed-${tick}-${'y'.repeat(length)}` })
}

/** Whether the two are alike; the order of fields does not count, that of elements does. */
export function isSameState(a: LifeState | undefined, b: LifeState | undefined): boolean {
  return isDeepStrictEqual(a, b)
}

/** A copy that shares nothing. */
export function copyState(state: LifeState): LifeState {
  return structuredClone(state)
}
