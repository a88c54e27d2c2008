import type { ResetReason } from './remote-level.ts'

/** The counters of a synced cache while they count; `SyncedStats` says what they mean. */
export class SyncedCounters {
  localHits = 0
  localMisses = 0
  staleHits = 0
  localFills = 0
  fillsDropped = 0
  expired = 0
  remoteHits = 0
  remoteMisses = 0
  remoteErrors = 0
  remoteWrites = 0
  fillsMoved = 0
  corrupt = 0
  loads = 0
  loadErrors = 0
  leaseWaits = 0
  eventsApplied = 0
  eventsIgnored = 0
  eventsMalformed = 0
  invalidations = 0
  problems = 0
  readonly clears: Record<ResetReason, number> = { open: 0, reconnect: 0, gap: 0, epoch: 0, clear: 0 }
}
