import type { EntryCacheStats } from './entry-cache.ts'

/** What the persistent level of a group did since it was opened. */
export interface RecordStats {
  /** Reads that found a usable record. */
  readonly hits: number
  /** Reads that found none, failed ones among them. */
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
  /** Gets, those of peers among them. */
  readonly gets: number
  /** Gets answered from memory. */
  readonly cacheHits: number
  /** The slowest answer of a peer in milliseconds. The name is Go's and says the contrary. */
  readonly getFromPeersLatencyLower: number
  /** Values that owners sent. */
  readonly peerLoads: number
  /** Questions that owners could not serve: the values were loaded here. */
  readonly peerErrors: number
  /** Gets that no cache could answer. */
  readonly loads: number
  /** Loads that really ran: those that did not join another one. */
  readonly loadsDeduped: number
  /** Values that this node's loader gave. */
  readonly localLoads: number
  /** Loads here that failed or found no value. */
  readonly localLoadErrs: number
  /** Calls of `removeMany` with at least one key. */
  readonly removeKeysRequests: number
  /** Keys of those calls. */
  readonly removedKeys: number
  /** Gets answered with an expired or not yet revalidated value. */
  readonly staleHits: number
  /** Refreshes that ran behind an answer. */
  readonly refreshes: number
  /** Gets answered by a remembered "there is none". */
  readonly negativeHits: number
  /** Questions that peers asked this node. */
  readonly peerGets: number
  /** The memory for keys that this node owns, and for what it loaded in place of their owner. */
  readonly main: EntryCacheStats
  /** The memory for copies of what others own. */
  readonly hot: EntryCacheStats
  /** Absent where the group does not persist. */
  readonly store?: RecordStats | undefined
}
