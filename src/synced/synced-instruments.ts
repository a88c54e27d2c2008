import { counter, type Instrument, level } from '../core/instrument.ts'
import type { SyncedStats } from './synced-stats.ts'

/** The instruments of one synced cache. */
export const syncedInstruments: readonly Instrument<SyncedStats>[] = [
  counter('coldsnap.synced.local.hits', 'Keys answered by a copy here', stats => stats.localHits),
  counter('coldsnap.synced.local.misses', 'Keys without a fresh copy here', stats => stats.localMisses),
  counter('coldsnap.synced.local.stale_hits', 'Keys answered with an old value', stats => stats.staleHits),
  counter('coldsnap.synced.local.fills', 'Values taken into this process', stats => stats.localFills),
  counter('coldsnap.synced.local.fills_dropped', 'Values not taken, as their key moved', stats => stats.fillsDropped),
  counter('coldsnap.synced.local.evictions', 'Copies that left to keep the budget', stats => stats.evictions),
  counter('coldsnap.synced.local.expired', 'Copies found past their time', stats => stats.expired),
  level('coldsnap.synced.local.bytes', 'Bytes held here', stats => stats.localBytes),
  level('coldsnap.synced.local.items', 'Copies held here', stats => stats.localItems),
  counter('coldsnap.synced.remote.hits', 'Reads of Redis that found a fresh value', stats => stats.remoteHits),
  counter('coldsnap.synced.remote.misses', 'Reads of Redis that found none', stats => stats.remoteMisses),
  counter('coldsnap.synced.remote.errors', 'Calls of Redis that failed', stats => stats.remoteErrors),
  counter('coldsnap.synced.remote.writes', 'Changes made in Redis', stats => stats.remoteWrites),
  counter('coldsnap.synced.remote.fills_moved', 'Loads not written, as their key moved', stats => stats.fillsMoved),
  counter('coldsnap.synced.corrupt', 'Values that could not be decoded', stats => stats.corrupt),
  counter('coldsnap.synced.loads', 'Calls of loaders', stats => stats.loads),
  counter('coldsnap.synced.load_errors', 'Loaders that failed', stats => stats.loadErrors),
  counter('coldsnap.synced.lease_waits', 'Loads that waited for another process', stats => stats.leaseWaits),
  counter('coldsnap.synced.events.applied', 'Events that were applied', stats => stats.eventsApplied),
  counter('coldsnap.synced.events.ignored', 'Events whose value was not kept', stats => stats.eventsIgnored),
  counter('coldsnap.synced.events.malformed', 'Events that were not understood', stats => stats.eventsMalformed),
  counter('coldsnap.synced.invalidations', 'Events that took something away', stats => stats.invalidations),
  counter('coldsnap.synced.problems', 'Failures behind the scenes', stats => stats.problems),
]

/** Times that all copies were dropped; told apart by the attribute `reason`. */
export const clearsInstrument: Instrument<number> = counter(
  'coldsnap.synced.clears',
  'Times that all copies here were dropped',
  count => count,
)
