import type { EntryCacheStats } from './entry-cache.ts'

/** What the persistent level of a group did since it was opened. */
export interface RecordStats {
  /** Reads that found a usable record. */
  readonly hits: number
  readonly misses: number
  /** Records written, by fills and by sets. */
  readonly writes: number
  /** Fills that were given up because the queue was full. */
  readonly dropped: number
  /** Records removed to keep the byte budget. */
  readonly evictions: number
  /** Records that were damaged or foreign, and were removed. */
  readonly corrupt: number
  /** Calls of the store that failed; none of them failed a get. */
  readonly errors: number
  /** Bytes known to be stored. */
  readonly bytes: number
}

/**
 * Counters of one group since it was made. The first eleven are Go's, under its names in lower camel case and counted by
 * its rules; the rest is ours.
 */
export interface GroupStats {
  readonly gets: number
  readonly cacheHits: number
  /** The slowest answer of a peer in milliseconds. The name is Go's and says the contrary. */
  readonly getFromPeersLatencyLower: number
  readonly peerLoads: number
  readonly peerErrors: number
  /** Gets that no cache could answer. */
  readonly loads: number
  /** Loads that really ran: those that did not join another one. */
  readonly loadsDeduped: number
  readonly localLoads: number
  readonly localLoadErrs: number
  readonly removeKeysRequests: number
  readonly removedKeys: number
  /** Gets answered with an expired or not yet revalidated value. */
  readonly staleHits: number
  /** Refreshes that ran behind an answer. */
  readonly refreshes: number
  /** Gets answered by a remembered "there is none". */
  readonly negativeHits: number
  /** Questions that peers asked this node. */
  readonly peerGets: number
  readonly main: EntryCacheStats
  readonly hot: EntryCacheStats
  /** Absent where the group does not persist. */
  readonly store?: RecordStats | undefined
}
