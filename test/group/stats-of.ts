import type { EntryCacheStats } from '../../src/group/entry-cache.ts'
import type { GroupStats } from '../../src/group/group-stats.ts'

/** Statistics whose numbers all differ, from `first` on, so that two that were mixed up show. */
export function statsOf(first: number, part: Partial<GroupStats> = {}): GroupStats {
  let next = first
  const number = (): number => next++
  const cache = (): EntryCacheStats => ({
    rejected: number(),
    bytes: number(),
    items: number(),
    gets: number(),
    hits: number(),
    evictions: number(),
    evictedFresh: number(),
    expired: number(),
  })
  return {
    gets: number(),
    cacheHits: number(),
    getFromPeersLatencyLower: number(),
    peerLoads: number(),
    peerErrors: number(),
    loads: number(),
    loadsDeduped: number(),
    localLoads: number(),
    localLoadErrs: number(),
    removeKeysRequests: number(),
    removedKeys: number(),
    staleHits: number(),
    refreshes: number(),
    negativeHits: number(),
    peerGets: number(),
    main: cache(),
    hot: cache(),
    ...part,
  }
}
