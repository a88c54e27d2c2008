import type { Entry } from './entry.ts'

/** Counters of one cache level, under Go's names in lower camel case, and why entries went. */
export interface EntryCacheStats {
  /** Entries refused because they alone are larger than the budget. */
  readonly rejected: number
  /** Bytes of keys (UTF-8) and values held now. */
  readonly bytes: number
  /** Entries held now. */
  readonly items: number
  /** Calls of `get` so far. */
  readonly gets: number
  /** Gets that found an entry, expired ones among them. */
  readonly hits: number
  /** Entries that left to make room, expired ones among them. */
  readonly evictions: number
  /** The part of `evictions` that was still fresh: a sign that the budget is too small. */
  readonly evictedFresh: number
  /** Entries that left because they were expired. */
  readonly expired: number
}

/** What a {@link EntryCacheFactory} is told. */
export interface EntryCacheOptions {
  /** The budget in bytes of keys and values. */
  readonly maxBytes: number
  /** How long past its expiry an entry may still be wanted (as stale), in milliseconds. */
  readonly keepExpiredMs: number
}

/**
 * One level of memory of a group (main or hot). Synchronous and without a clock of its own. Custom ones are checked by
 * `entryCacheContract` of `coldsnap/contract`.
 */
export interface EntryCache {
  /** The entry, also an expired one for `keepExpiredMs`; counts as a get and, if there is one, as a hit. */
  get(key: string, nowMs: number): Entry | undefined
  /** Adds or replaces. An entry larger than the whole budget is refused and evicts nothing; an older one of the key goes. */
  add(key: string, entry: Entry, nowMs: number): void
  /** Removes; tells whether it was there. */
  remove(key: string): boolean
  /** Removes everything. */
  clear(): void
  /** `bytes` and `items` as they are now, the rest counted since it was made. */
  stats(): EntryCacheStats
}

/** Makes a level of memory; called once for the main and once for the hot cache of each group. */
export type EntryCacheFactory = (options: EntryCacheOptions) => EntryCache
