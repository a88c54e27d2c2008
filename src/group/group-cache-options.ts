import type { BreakerOptions } from '../core/breaker.ts'
import type { Store } from '../store/store.ts'
import type { RingPreset } from './ring-presets.ts'
import type { Transport } from './transport.ts'

/** Says which peer owns a key. `HashRing` is the one that Go's fleets know; all nodes must use the same. */
export interface Ring {
  /** The names of all peers. */
  readonly peers: readonly string[]
  /** The owner's name; `undefined` where there are no peers. */
  owner(key: string | Uint8Array): string | undefined
}

/** Makes the ring of a list of peers. */
export type RingFactory = (peers: readonly string[]) => Ring

/** Options of a `GroupCache`. */
export interface GroupCacheOptions {
  /** How the other nodes are reached. It is yours: `close` ends the clients it made, not the transport. @default none */
  readonly transport?: Transport | undefined
  /** This node's name among the peers, where `setPeers` does not say it. */
  readonly self?: string | undefined
  /** Where values survive a restart. It is yours to close, after the cache. @default memory only */
  readonly store?: Store | undefined
  /** How keys find their owner: a preset of `HashRing`, or a ring of your own. @default 'groupcacheV3' */
  readonly ring?: RingPreset | RingFactory | undefined
  /** Virtual nodes of each peer, for presets. @default 50 */
  readonly replicas?: number | undefined
  /** When a peer that fails is left alone for a while; `false` asks it every time. */
  readonly breaker?: BreakerOptions | false | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
  /** From 0 to below 1, for jitter. @default Math.random */
  readonly random?: (() => number) | undefined
  /** Told what went wrong where no caller waits: a refresh, a bad list of peers, a peer that failed a get. No keys, no values. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** Options of `setPeers`. */
export interface SetPeersOptions {
  /** This node's name in the list. @default the cache's `self`, which is what was said last */
  readonly self?: string | undefined
}
