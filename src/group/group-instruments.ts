import { counter, type Instrument, level } from '../core/instrument.ts'
import type { EntryCacheStats } from './entry-cache.ts'
import type { GroupStats, RecordStats } from './group-stats.ts'

/** Where the numbers of all groups come from: `GroupCache`, `GroupNode`, or a program's own object. */
export interface StatsSource {
  /** The counters of each group by the group's name. */
  stats(): Readonly<Record<string, GroupStats>>
}

/** The instruments of one group that groupcache-go has, under its names. */
export const groupInstruments: readonly Instrument<GroupStats>[] = [
  counter('groupcache.group.gets', 'Gets, those of peers among them', stats => stats.gets),
  counter('groupcache.group.cache_hits', 'Gets answered by the main or the hot cache', stats => stats.cacheHits),
  counter('groupcache.group.peer.loads', 'Values that a peer answered with', stats => stats.peerLoads),
  counter('groupcache.group.peer.errors', 'Calls to peers that failed', stats => stats.peerErrors),
  counter('groupcache.group.loads', 'Gets that no cache could answer', stats => stats.loads),
  counter('groupcache.group.loads.deduped', 'Loads that did not join another one', stats => stats.loadsDeduped),
  counter('groupcache.group.local.loads', 'Values loaded by this node', stats => stats.localLoads),
  counter('groupcache.group.local.load_errors', 'Loads of this node that failed', stats => stats.localLoadErrs),
  level(
    'groupcache.group.peer.latency_max_ms',
    'The slowest answer of a peer in milliseconds',
    stats => stats.getFromPeersLatencyLower,
  ),
  counter('groupcache.group.remove_keys.requests', 'Removals of many keys', stats => stats.removeKeysRequests),
  counter('groupcache.group.removed_keys', 'Keys in removals of many keys', stats => stats.removedKeys),
]

/** The instruments of one level of memory that groupcache-go has; told apart by the attribute `cache.type`. */
export const cacheInstruments: readonly Instrument<EntryCacheStats>[] = [
  counter('groupcache.cache.rejected', 'Entries refused as too large', stats => stats.rejected),
  level('groupcache.cache.bytes', 'Bytes of keys and values held', stats => stats.bytes),
  level('groupcache.cache.items', 'Entries held', stats => stats.items),
  counter('groupcache.cache.gets', 'Lookups', stats => stats.gets),
  counter('groupcache.cache.hits', 'Lookups that found an entry', stats => stats.hits),
  counter('groupcache.cache.evictions', 'Entries that left to make room', stats => stats.evictions),
]

/** What groupcache-go does not count. */
export const ownGroupInstruments: readonly Instrument<GroupStats>[] = [
  counter('coldsnap.group.stale_hits', 'Gets answered with an old value', stats => stats.staleHits),
  counter('coldsnap.group.refreshes', 'Refreshes that ran behind an answer', stats => stats.refreshes),
  counter('coldsnap.group.negative_hits', 'Gets answered by a remembered absence', stats => stats.negativeHits),
  counter('coldsnap.group.peer_gets', 'Questions that peers asked', stats => stats.peerGets),
]

/** What groupcache-go does not count of a level of memory. */
export const ownCacheInstruments: readonly Instrument<EntryCacheStats>[] = [
  counter('coldsnap.cache.evicted_fresh', 'Evicted entries that were still fresh', stats => stats.evictedFresh),
  counter('coldsnap.cache.expired', 'Entries that left because they were expired', stats => stats.expired),
]

/** The persistent level of a group; groupcache-go has none. */
export const recordInstruments: readonly Instrument<RecordStats>[] = [
  counter('coldsnap.records.hits', 'Reads that found a usable record', stats => stats.hits),
  counter('coldsnap.records.misses', 'Reads that found none', stats => stats.misses),
  counter('coldsnap.records.writes', 'Records written', stats => stats.writes),
  counter('coldsnap.records.dropped', 'Fills given up because the queue was full', stats => stats.dropped),
  counter('coldsnap.records.evictions', 'Records removed to keep the byte budget', stats => stats.evictions),
  counter('coldsnap.records.corrupt', 'Damaged or foreign records that were removed', stats => stats.corrupt),
  counter('coldsnap.records.errors', 'Calls of the store that failed', stats => stats.errors),
  level('coldsnap.records.bytes', 'Bytes known to be stored', stats => stats.bytes),
]
