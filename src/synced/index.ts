export type { BreakerOptions } from '../core/breaker.ts'
export type { CallSignal } from '../core/call-signal.ts'
export type { Meter, MeterResult, TelemetryAttributes } from '../core/meter.ts'
export type { PrometheusOptions } from '../core/prometheus-text.ts'
export type { Span, Tracer } from '../core/tracer.ts'
export type { ValueSharing } from './held-value.ts'
export type {
  LocalCache,
  LocalCacheFactory,
  LocalCacheOptions,
  LocalCacheStats,
  LocalEntry,
} from './local-cache.ts'
export { type LocalBudget, lru } from './lru.ts'
export { type MemoryCargo, MemoryRemote, type MemoryRemoteOptions } from './memory-remote.ts'
export type {
  RemoteFill,
  RemoteLease,
  RemoteLevel,
  RemoteOptions,
  RemoteRead,
  RemoteSink,
  RemoteValue,
  ResetReason,
  SyncedEntry,
} from './remote-level.ts'
export { SyncedCache, type SyncedStatus } from './synced-cache.ts'
export type { SyncedFormat } from './synced-format.ts'
export type { SetLocalEvent, SyncedLogger } from './synced-listeners.ts'
export type {
  LoadRequest,
  SyncedCallOptions,
  SyncedLoader,
  SyncedLoadOptions,
  SyncedOptions,
  SyncedSetOptions,
} from './synced-options.ts'
export type { RemoteLevelFactory, SyncedSettings } from './synced-settings.ts'
export type { SyncedStats } from './synced-stats.ts'
export {
  instrumentationName,
  type ObserveSyncedOptions,
  observeSynced,
  type SyncedStatsSource,
  syncedPrometheusText,
} from './telemetry.ts'
export { tinyLfu } from './tiny-lfu.ts'
export { type TracedRemoteOptions, tracedRemote } from './traced-remote.ts'
