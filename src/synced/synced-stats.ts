import type { LocalCacheStats } from './local-cache.ts'
import type { ResetReason } from './remote-level.ts'
import type { SyncedCounters } from './synced-counters.ts'

/**
 * What a synced cache did since it was opened. `localHits` and `localMisses` together are all keys that were asked for, by
 * `get`, `getLocal`, `getMany` and `getOrSet`.
 */
export interface SyncedStats {
  /** Keys answered by a fresh copy of this process. */
  readonly localHits: number
  /** Keys for which there was none; those that a stale value answered are among them. */
  readonly localMisses: number
  /** Keys that `getOrSet` answered with a value whose time was over. */
  readonly staleHits: number
  /** Values taken into this process, from reads, writes and events; one that came both ways counts twice. */
  readonly localFills: number
  /** Values that were not taken, because the key moved while they were under way, or the process was out of step. */
  readonly fillsDropped: number
  /** Copies that left, or were refused, to keep the byte budget. */
  readonly evictions: number
  /** Copies that were found past their time. */
  readonly expired: number
  /** Bytes of keys, encoded values and overhead held now. */
  readonly localBytes: number
  /** Copies held now. */
  readonly localItems: number
  /** Reads of Redis, per key, that found a fresh value. One read may serve many who wait. */
  readonly remoteHits: number
  /** Reads that found none. */
  readonly remoteMisses: number
  /** Calls of Redis that failed, however many keys they were of; not those that a signal ended. */
  readonly remoteErrors: number
  /** Values written, keys deleted or invalidated, tags deleted, and clears, by this process. */
  readonly remoteWrites: number
  /** Loaded values that were not written because the key had moved. */
  readonly fillsMoved: number
  /** Values that could not be decoded. */
  readonly corrupt: number
  /** Calls of loaders. */
  readonly loads: number
  /** Loaders that failed, or did not end in time. */
  readonly loadErrors: number
  /** Loads that waited for the lease of another process. */
  readonly leaseWaits: number
  /** Events that changed something here, or could have. */
  readonly eventsApplied: number
  /** Events whose value was not kept: older than what is here, or not wanted. */
  readonly eventsIgnored: number
  /** Events that were not understood. */
  readonly eventsMalformed: number
  /** Events that took something away: changes without a value, deletes, invalidations, tags; clears have their own count. */
  readonly invalidations: number
  /** Times that an event was missed on a live subscription; `clears.gap`. */
  readonly gaps: number
  /**
   * Times that all copies were dropped, by reason; `clear` is of every clear that was heard of, own ones too, once for each
   * partition.
   */
  readonly clears: Readonly<Record<ResetReason, number>>
  /** What failed behind the scenes; `onError` heard of it. */
  readonly problems: number
}

/** The numbers of now, which do not change any more. */
export function syncedStats(counters: SyncedCounters, local: LocalCacheStats): SyncedStats {
  const clears = { ...counters.clears }
  const { bytes: localBytes, items: localItems, evictions } = local
  return { ...counters, evictions, localBytes, localItems, gaps: clears.gap, clears }
}
