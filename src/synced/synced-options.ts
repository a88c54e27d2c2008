import type { CodecName } from '../codec/codec.ts'
import type { BreakerOptions } from '../core/breaker.ts'
import type { RedisClient } from '../redis/redis-client.ts'
import type { RedisPort } from '../redis/redis-port.ts'
import type { ValueSharing } from './held-value.ts'
import type { LocalCacheFactory } from './local-cache.ts'
import type { LocalBudget } from './lru.ts'
import type { RemoteLevel } from './remote-level.ts'
import type { SetLocalEvent, SyncedLogger } from './synced-listeners.ts'
import type { RemoteLevelFactory } from './synced-settings.ts'

/** Options of `SyncedCache.open`. Times are in milliseconds, sizes in bytes. */
export interface SyncedOptions {
  /** A client of node-redis or ioredis, of one server or a cluster, or a `RedisPort`. It stays the caller's to close. */
  readonly redis?: RedisClient | RedisPort | undefined
  /** In place of `redis`: for tests, and for what is not Redis. */
  readonly remote?: RemoteLevelFactory | undefined
  /** Before all names of this cache in Redis: 1 to 200 bytes without braces; with `compat: 'go'` it may be empty. */
  readonly prefix?: string | undefined
  /** How much this process holds, by `lru`; or another local level. @default { maxBytes: 64 MiB } */
  readonly local?: LocalBudget | LocalCacheFactory | undefined
  /** How long a value is fresh where a call does not say it. @default for ever */
  readonly ttlMs?: number | undefined
  /** How long a local copy is good at most, whatever Redis says. @default 60_000 */
  readonly localTtlMs?: number | undefined
  /** How long past its time a value may be answered by `getOrSet` while it is loaded anew. @default 0 */
  readonly staleMs?: number | undefined
  /** How long a call may wait for Redis. @default 1_000 */
  readonly timeoutMs?: number | undefined
  /** How long a load may take at most, and how long it is remembered that a key was deleted. @default 30_000 */
  readonly loadTimeoutMs?: number | undefined
  /** Values up to this size are sent to the other processes; of larger ones only that they changed. @default 4_096 */
  readonly inlineBytes?: number | undefined
  /** How values become bytes; with `compat: 'go'` they are always Go's JSON. @default 'auto' */
  readonly codec?: CodecName | undefined
  /** Whether callers share one frozen object or get one each. @default 'frozen' */
  readonly values?: ValueSharing | undefined
  /** Over how many slots of a cluster the keys are spread; the same in all processes. @default 1, in a cluster 16 */
  readonly partitions?: number | undefined
  /** After so long without an event it is checked that events still come. @default 500 */
  readonly heartbeatMs?: number | undefined
  /** Whether to open without Redis too, and to get in step when it comes. @default false */
  readonly degraded?: boolean | undefined
  /** Whether this process never changes anything in Redis, nor publishes. @default false */
  readonly reader?: boolean | undefined
  /** Speaks the format of huykn/distributed-cache in place of the own one. */
  readonly compat?: 'go' | undefined
  /** The channel of events with `compat: 'go'`. @default 'cache:invalidate' */
  readonly channel?: string | undefined
  /** With `compat: 'go'` and no prefix: whether `clear` may remove all keys of the database. @default false */
  readonly clearWithoutPrefix?: boolean | undefined
  /** Names this process to the others; no two may have the same. @default drawn at random */
  readonly id?: string | undefined
  /** Where the cache writes what happens to it. @default nowhere */
  readonly logger?: SyncedLogger | undefined
  /** Hears what no caller is told: damaged values and events, refreshes that failed behind an answer. */
  readonly onError?: ((error: Error) => void) | undefined
  /** Asked for each value that another process set: what to keep in its place, or `undefined` to keep what is here. */
  readonly onSetLocal?: ((event: SetLocalEvent) => unknown) | undefined
  /** Puts something around the calls to Redis, such as `tracedRemote`. */
  readonly wrapRemote?: ((level: RemoteLevel) => RemoteLevel) | undefined
  /** When Redis is left alone because it does not answer. */
  readonly breaker?: BreakerOptions | undefined
  /** How many calls may wait for Redis at once; more are `UNAVAILABLE`. @default 10_000 */
  readonly maxPending?: number | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
  /** Numbers in [0, 1). @default Math.random */
  readonly random?: (() => number) | undefined
}

/** Options of every call. */
export interface SyncedCallOptions {
  /** Ends the wait with `ABORTED`; whether a change was made is then unknown. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `set` and `setMany`. */
export interface SyncedSetOptions extends SyncedCallOptions {
  /** How long the value is fresh, in milliseconds. @default as the cache says */
  readonly ttlMs?: number | undefined
  /** How long it may be answered as stale after that. @default as the cache says */
  readonly staleMs?: number | undefined
  /** Names under which `deleteByTag` finds it: up to 255, each of 1 to 1,024 bytes. */
  readonly tags?: readonly string[] | undefined
  /** Whether the others are sent the value, or told to drop their copy. @default 'value' */
  readonly broadcast?: 'value' | 'key' | undefined
}

/** What a {@link SyncedLoader} is told. */
export interface LoadRequest<T> {
  /** The key to load. */
  readonly key: string
  /** Aborts when nobody waits any more, at `loadTimeoutMs`, and when the cache is closed. */
  readonly signal: AbortSignal
  /** The value whose time is over, if there is one. */
  readonly stale: T | undefined
}

/** Gives the value of a key, or `undefined` if there is none; that is not kept. */
export type SyncedLoader<T> = (request: LoadRequest<T>) => T | undefined | Promise<T | undefined>

/** Options of `getOrSet`. */
export interface SyncedLoadOptions extends SyncedSetOptions {
  /** Whether one process of all loads and the others wait for it. @default false */
  readonly lease?: boolean | undefined
  /** How long after the death of the loading process another one takes over, in milliseconds. @default 5_000 */
  readonly leaseMs?: number | undefined
  /** How long the load may take, in milliseconds; at most what the cache says. @default as the cache says */
  readonly loadTimeoutMs?: number | undefined
}
