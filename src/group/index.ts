export { Group, type GroupCallOptions, type GroupSetOptions } from './group.ts'
export { GroupCache } from './group-cache.ts'
export type { GroupCacheOptions, Ring, RingFactory, SetPeersOptions } from './group-cache-options.ts'
export type { StatsSource } from './group-instruments.ts'
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
  type Meter,
  type MeterResult,
  type ObserveGroupsOptions,
  observeGroups,
  type TelemetryAttributes,
} from './opentelemetry.ts'
export { parsePeers } from './peer-list.ts'
export { type PrometheusOptions, prometheusText } from './prometheus.ts'
export { HashRing, type RingOptions } from './ring.ts'
export { type Span, type Tracer, type TracingOptions, tracedService, tracedTransport } from './tracing.ts'
