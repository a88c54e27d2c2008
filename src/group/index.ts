export type { BreakerOptions } from '../core/breaker.ts'
export type { Meter, MeterResult, TelemetryAttributes } from '../core/meter.ts'
export type { PrometheusOptions } from '../core/prometheus-text.ts'
export type { Span, Tracer } from '../core/tracer.ts'
export type { EndpointOptions } from './endpoint.ts'
export { type Entry, entryFromWire, entryUntil, isExpired } from './entry.ts'
export type { EntryCache, EntryCacheFactory, EntryCacheOptions, EntryCacheStats } from './entry-cache.ts'
export { fetchHandler } from './fetch-handler.ts'
export { Group, type GroupCallOptions, type GroupKey, type GroupSetOptions } from './group.ts'
export { GroupCache } from './group-cache.ts'
export type { GroupCacheOptions, Ring, RingFactory, SetPeersOptions } from './group-cache-options.ts'
export type { StatsSource } from './group-instruments.ts'
export { keyFromBytes, keyToBytes } from './group-key.ts'
export type { AfterRestart, GroupOptions, Load, LoadContext, LoadedValue } from './group-options.ts'
export type { GroupStats, RecordStats } from './group-stats.ts'
export { type HttpTransportOptions, httpTransport } from './http-transport.ts'
export { LruCache } from './lru-cache.ts'
export { type MemoryFaults, MemoryNetwork, type PeerCalls } from './memory-network.ts'
export {
  type GroupHost,
  type NamedCacheConfig,
  type NamedCacheStats,
  NamedCaches,
  type NamedLevelStats,
  type SetToExpireAtOptions,
} from './named-caches.ts'
export {
  instrumentationName,
  type ObserveGroupsOptions,
  observeGroups,
} from './opentelemetry.ts'
export { parsePeers } from './peer-list.ts'
export type { PeerAnswer, PeerCallOptions, PeerService } from './peer-service.ts'
export { prometheusText } from './prometheus.ts'
export { HashRing, type RingOptions } from './ring.ts'
export { type RingHash, type RingPreset, type RingRules, ringPresets } from './ring-presets.ts'
export type { Secret } from './signing.ts'
export { type TracingOptions, tracedService, tracedTransport } from './tracing.ts'
export type { Peer, Transport } from './transport.ts'
export type { ValueCodec } from './value-codec.ts'
