import { checkInteger, checkOptionNames } from '../core/check.ts'
import { CacheError } from '../errors.ts'
import type { EntryCacheStats } from './entry-cache.ts'
import type { Group, GroupCallOptions } from './group.ts'
import type { SetPeersOptions } from './group-cache-options.ts'
import type { GroupOptions, Load } from './group-options.ts'
import type { GroupStats } from './group-stats.ts'

/** What {@link NamedCaches} stands on: a `GroupCache` or a `GroupNode`. */
export interface GroupHost {
  /** Makes a group; its name must be new. */
  group(name: string, options: GroupOptions<Uint8Array>): Group<Uint8Array>
  /** Replaces the list of peers, this node among them. */
  setPeers(peers: Iterable<string>, options?: SetPeersOptions): void
  /** Closes it, with all its groups. */
  close(): Promise<void>
}

/** One of the {@link NamedCaches}. */
export interface NamedCacheConfig {
  /** Memory for keys and values, in bytes. */
  readonly maxBytes: number
  /** How long a value is kept, in milliseconds, exactly; 0 is for ever. @default 0 */
  readonly itemExpirationMs?: number | undefined
  /** Fetches what is not cached; `undefined` is "item not found". @default a get of what was not set fails */
  readonly backfill?: Load<Uint8Array> | undefined
}

/** Options of {@link NamedCaches.setToExpireAt}. */
export interface SetToExpireAtOptions extends GroupCallOptions {
  /** When the value ends, as a Date or in milliseconds since 1970; `Infinity` is never. */
  readonly expiresAt: Date | number
}

/** Counters of one level of memory, under the names of tilegroxy's statistics. */
export interface NamedLevelStats {
  /** Bytes held now. */
  readonly Bytes: number
  /** Entries held now. */
  readonly Items: number
  /** Gets so far. */
  readonly Gets: number
  /** Gets that found an entry. */
  readonly Hits: number
  /** Entries that left to make room. */
  readonly Evictions: number
}

/** Counters of one cache, under the names of tilegroxy's statistics. */
export interface NamedCacheStats {
  /** Name of the cache. */
  readonly Cache: string
  /** What {@link GroupStats} counts, of those names. */
  readonly Group: {
    readonly Gets: number
    readonly CacheHits: number
    readonly GetFromPeersLatencyLower: number
    readonly PeerLoads: number
    readonly PeerErrors: number
    readonly Loads: number
    readonly LoadsDeduped: number
    readonly LocalLoads: number
    readonly LocalLoadErrs: number
    readonly ServerRequests: number
  }
  /** The two levels of memory. */
  readonly Caches: { readonly Main: NamedLevelStats; readonly Hot: NamedLevelStats }
}

interface NamedCache {
  readonly group: Group<Uint8Array>
  readonly hasBackfill: boolean
}

/**
 * Several caches of bytes by name in one node, each with its own expiry and backfill: the operations and error texts of
 * tilegroxy's `group` package. Any number of them may live in a process. A call for a name that was not added rejects
 * with `UNKNOWN_GROUP` ("cache not found").
 */
export class NamedCaches {
  readonly #host: GroupHost
  readonly #caches = new Map<string, NamedCache>()

  /** @param host closed by {@link close} */
  constructor(host: GroupHost) {
    this.#host = host
  }

  /** Whether a cache of that name was added. */
  exists(name: string): boolean {
    return this.#caches.has(name)
  }

  /** The names, in the order in which they were added. */
  names(): string[] {
    return [...this.#caches.keys()]
  }

  /**
   * Adds a cache; every node of the fleet must add it. `INVALID_KEY` ("name is required") for the empty name,
   * `ALREADY_EXISTS` for one that the node has already.
   */
  add(name: string, config: NamedCacheConfig): void {
    checkOptionNames(config, ['maxBytes', 'itemExpirationMs', 'backfill'])
    if (name === '') throw new CacheError('INVALID_KEY', 'name is required')
    const { maxBytes, itemExpirationMs = 0, backfill } = config
    checkInteger('itemExpirationMs', itemExpirationMs, 0)
    const group = this.#host.group(name, {
      maxBytes,
      load: backfill ?? (() => undefined),
      ttlJitter: 0,
      ...(itemExpirationMs > 0 && { ttlMs: itemExpirationMs }),
      // Without a backfill there is nothing to revalidate by: asking for it would only drop what was set.
      ...(backfill === undefined && { afterRestart: 'trust' }),
    })
    this.#caches.set(name, { group, hasBackfill: backfill !== undefined })
  }

  /**
   * The value; the bytes are the caller's. `NOT_FOUND` where there is none: "item not found" by the backfill, "item not in
   * cache and backfill func is nil" without one. `LOAD_FAILED` where the backfill failed.
   */
  async get(name: string, key: string, options?: GroupCallOptions): Promise<Uint8Array> {
    const { group, hasBackfill } = this.#find(name)
    const value = await group.get(key, options)
    if (value !== undefined) return value
    throw new CacheError('NOT_FOUND', hasBackfill ? 'item not found' : 'item not in cache and backfill func is nil')
  }

  /** Sets a value on all nodes, until the cache's `itemExpirationMs` is over. */
  async set(name: string, key: string, value: Uint8Array, options?: GroupCallOptions): Promise<void> {
    await this.#find(name).group.set(key, value, options)
  }

  /** Sets a value on all nodes, until a time of its own. */
  async setToExpireAt(name: string, key: string, value: Uint8Array, options: SetToExpireAtOptions): Promise<void> {
    await this.#find(name).group.set(key, value, options)
  }

  /** Removes a value from all nodes. An absent one is success. */
  async remove(name: string, key: string, options?: GroupCallOptions): Promise<void> {
    await this.#find(name).group.remove(key, options)
  }

  /** Replaces the list of peers, of all caches; `INVALID_PEERS` leaves the list before it. */
  setPeers(peers: Iterable<string>, options?: SetPeersOptions): void {
    this.#host.setPeers(peers, options)
  }

  /** The counters of every cache, in the order of {@link names}. */
  stats(): NamedCacheStats[] {
    return [...this.#caches].map(([name, { group }]) => statsOf(name, group.stats()))
  }

  /** Answers any request with {@link stats} as JSON: a Fetch handler to mount, usually at `/stats`. */
  readonly statsHandler = (): Response =>
    new Response(`${JSON.stringify(this.stats(), undefined, 2)}\n`, { headers: { 'content-type': 'application/json' } })

  /** Closes the node under it. Closing twice succeeds. */
  async close(): Promise<void> {
    await this.#host.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #find(name: string): NamedCache {
    const cache = this.#caches.get(name)
    if (cache === undefined) throw new CacheError('UNKNOWN_GROUP', 'cache not found')
    return cache
  }
}

function statsOf(name: string, stats: GroupStats): NamedCacheStats {
  return {
    Cache: name,
    Group: {
      Gets: stats.gets,
      CacheHits: stats.cacheHits,
      GetFromPeersLatencyLower: stats.getFromPeersLatencyLower,
      PeerLoads: stats.peerLoads,
      PeerErrors: stats.peerErrors,
      Loads: stats.loads,
      LoadsDeduped: stats.loadsDeduped,
      LocalLoads: stats.localLoads,
      LocalLoadErrs: stats.localLoadErrs,
      ServerRequests: stats.peerGets,
    },
    Caches: { Main: levelStats(stats.main), Hot: levelStats(stats.hot) },
  }
}

function levelStats({ bytes, items, gets, hits, evictions }: EntryCacheStats): NamedLevelStats {
  return { Bytes: bytes, Items: items, Gets: gets, Hits: hits, Evictions: evictions }
}
