export type { BreakerOptions } from '../core/breaker.ts'
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
export type {
  LoadRequest,
  RemoteLevelFactory,
  SetLocalEvent,
  SyncedCallOptions,
  SyncedLoader,
  SyncedLoadOptions,
  SyncedLogger,
  SyncedOptions,
  SyncedSetOptions,
} from './synced-options.ts'
export type { SyncedSettings } from './synced-settings.ts'
export type { SyncedStats } from './synced-stats.ts'
export { tinyLfu } from './tiny-lfu.ts'
