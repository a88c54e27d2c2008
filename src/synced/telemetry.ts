import { checkOptionNames } from '../core/check.ts'
import { type Meter, observables, onCollect, type TelemetryAttributes } from '../core/meter.ts'
import { families, type PrometheusOptions, prometheusPage } from '../core/prometheus-text.ts'
import { clearsInstrument, syncedInstruments } from './synced-instruments.ts'
import type { SyncedStats } from './synced-stats.ts'

/** The name to ask for a meter and a tracer by: `metrics.getMeter(instrumentationName)`. */
export const instrumentationName = 'coldsnap/synced'

/** Options of {@link observeSynced}. */
export interface ObserveSyncedOptions<I> {
  /** A meter of `@opentelemetry/api`. */
  readonly meter: Meter<I>
  /** Attributes of every measurement, for example `{ 'cache.name': 'shop' }` where there are several caches. */
  readonly attributes?: TelemetryAttributes | undefined
}

/** Whose numbers are read: a `SyncedCache`. */
export interface SyncedStatsSource {
  /** Its numbers now. */
  stats(): SyncedStats
}

/**
 * Reports the statistics of a cache as observable instruments named `coldsnap.synced.*`. Numbers are read only when the
 * meter's reader collects. Returns what ends it: after that nothing is observed and nothing of the cache is held.
 */
export function observeSynced<I>(source: SyncedStatsSource, options: ObserveSyncedOptions<I>): () => void {
  checkOptionNames(options, ['meter', 'attributes'])
  const { meter, attributes } = options
  const observed = observables(meter, syncedInstruments)
  const clears = observables(meter, [clearsInstrument])
  return onCollect(meter, [...observed, ...clears], result => {
    const stats = source.stats()
    for (const { each, instrument } of observed) result.observe(instrument, each.read(stats), { ...attributes })
    for (const [reason, count] of Object.entries(stats.clears)) {
      for (const { instrument } of clears) result.observe(instrument, count, { ...attributes, reason })
    }
  })
}

/**
 * The statistics of caches, by name, as Prometheus reads them: `coldsnap_synced_local_hits_total{cache="shop"}`. A label that
 * Prometheus does not take, or that is used here already, is a RangeError.
 */
export function syncedPrometheusText(
  stats: Readonly<Record<string, SyncedStats>>,
  options: PrometheusOptions = {},
): string {
  return prometheusPage(options, ['cache', 'reason'], (common, format) => {
    const caches = Object.entries(stats).map(([name, values]) => ({
      labels: [...common, ['cache', name] as const],
      values,
    }))
    const clears = caches.flatMap(({ labels, values }) =>
      Object.entries(values.clears).map(([reason, count]) => ({
        labels: [...labels, ['reason', reason] as const],
        values: count,
      })),
    )
    return [...families(syncedInstruments, caches, format), ...families([clearsInstrument], clears, format)]
  })
}
