import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, it } from 'vitest'
import { observeSynced, syncedPrometheusText } from '../../src/synced/telemetry.ts'
import { fleet } from './fleet.ts'

async function used() {
  const { open } = fleet()
  const cache = await open()
  await cache.set('k', 1)
  await cache.get('k')
  await cache.get('other')
  await cache.clear()
  return cache
}

// Against the real SDK: what a reader collects is what a user's backend gets.
it('observeSynced reports every number until it is stopped', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meter = new MeterProvider({ readers: [reader] }).getMeter('coldsnap/synced')
  const cache = await used()
  const stop = observeSynced(cache, { meter, attributes: { 'cache.name': 'shop' } })
  await reader.forceFlush()
  const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
  const values = Object.fromEntries(
    metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.map(({ value }) => value)]),
  )
  const { clears, gaps, ...numbers } = cache.stats()
  expect([clears.gap, Object.keys(values).length]).toEqual([gaps, Object.keys(numbers).length + 1])
  expect(values).toMatchObject({ 'coldsnap.synced.local.hits': [1], 'coldsnap.synced.remote.misses': [1] })
  const point = metrics.find(({ descriptor }) => descriptor.name === 'coldsnap.synced.clears')?.dataPoints
  expect(point?.find(({ attributes }) => attributes['reason'] === 'clear')).toMatchObject({
    attributes: { 'cache.name': 'shop' },
    value: 1,
  })
  stop()
  exporter.reset()
  for (let i = 0; i < 76; i++) await cache.get('k')
  await reader.forceFlush()
  const later = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
  expect(later.flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value))).not.toContain(
    cache.stats().localMisses,
  )
  expect(() => observeSynced(cache, { meter, ...{ metre: 1 } })).toThrow(/Unknown option metre/)
})

it('syncedPrometheusText writes every number once for each cache', async () => {
  const cache = await used()
  const text = syncedPrometheusText({ shop: cache.stats(), other: cache.stats() }, { labels: { region: 'eu' } })
  expect(text).toContain('# TYPE coldsnap_synced_local_hits_total counter\n')
  expect(text).toContain('coldsnap_synced_local_hits_total{region="eu",cache="shop"} 1\n')
  expect(text).toContain('coldsnap_synced_local_bytes{region="eu",cache="other"} 0\n')
  expect(text).toContain('coldsnap_synced_clears_total{region="eu",cache="shop",reason="clear"} 1\n')
  const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
  expect(new Set(types).size).toBe(types.length)
  expect(syncedPrometheusText({}, { format: 'openmetrics' })).toBe('# EOF\n')
  expect(() => syncedPrometheusText({}, { labels: { cache: 'x' } })).toThrow(RangeError)
})
