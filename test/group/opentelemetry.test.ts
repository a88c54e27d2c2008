import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { describe, expect, it } from 'vitest'
import type { GroupStats } from '../../src/group/group-stats.ts'
import { instrumentationName, observeGroups } from '../../src/group/opentelemetry.ts'
import { statsOf } from './stats-of.ts'

// Against the real SDK: what a reader collects is what a user's backend gets.
describe('observeGroups', () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meter = new MeterProvider({ readers: [reader] }).getMeter(instrumentationName)

  const collect = async () => {
    exporter.reset()
    await reader.forceFlush()
    const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? []
    expect(scopes.every(({ scope }) => scope.name === 'coldsnap/group')).toBe(true)
    return scopes.flatMap(({ metrics }) => metrics)
  }

  it("has exactly Go's instruments, kinds and attributes, for all groups of now, until it is stopped", async () => {
    const groups: Record<string, GroupStats> = { users: statsOf(100, { getFromPeersLatencyLower: 12.6 }) }
    const stop = observeGroups({ stats: () => groups }, { meter, attributes: { region: 'eu' } })

    const first = await collect()
    const counters = first.filter(metric => 'isMonotonic' in metric && metric.isMonotonic)
    expect(counters.map(({ descriptor }) => descriptor.name)).toEqual([
      'groupcache.group.gets',
      'groupcache.group.cache_hits',
      'groupcache.group.peer.loads',
      'groupcache.group.peer.errors',
      'groupcache.group.loads',
      'groupcache.group.loads.deduped',
      'groupcache.group.local.loads',
      'groupcache.group.local.load_errors',
      'groupcache.group.remove_keys.requests',
      'groupcache.group.removed_keys',
      'groupcache.cache.rejected',
      'groupcache.cache.gets',
      'groupcache.cache.hits',
      'groupcache.cache.evictions',
    ])
    expect(first.filter(metric => !counters.includes(metric)).map(({ descriptor }) => descriptor.name)).toEqual([
      'groupcache.group.peer.latency_max_ms',
      'groupcache.cache.bytes',
      'groupcache.cache.items',
    ])
    const points = (metrics: typeof first, name: string) =>
      metrics
        .find(({ descriptor }) => descriptor.name === name)
        ?.dataPoints.map(({ attributes, value }) => ({ attributes, value }))
    const users = { region: 'eu', 'group.name': 'users' }
    expect(points(first, 'groupcache.group.peer.loads')).toEqual([{ attributes: users, value: 103 }])
    expect(points(first, 'groupcache.group.peer.latency_max_ms')).toEqual([{ attributes: users, value: 13 }])
    expect(points(first, 'groupcache.cache.bytes')).toEqual([
      { attributes: { ...users, 'cache.type': 'main' }, value: 116 },
      { attributes: { ...users, 'cache.type': 'hot' }, value: 124 },
    ])

    groups['tiles'] = statsOf(500)
    expect(points(await collect(), 'groupcache.group.gets')).toEqual([
      { attributes: users, value: 100 },
      { attributes: { region: 'eu', 'group.name': 'tiles' }, value: 500 },
    ])

    stop()
    delete groups['users']
    groups['late'] = statsOf(900)
    const after = (await collect()).flatMap(({ dataPoints }) => dataPoints.map(({ attributes }) => attributes))
    expect(after).not.toContainEqual({ region: 'eu', 'group.name': 'late' })
  })

  it('refuses unknown options', () => {
    expect(() => observeGroups({ stats: () => ({}) }, { meter, ...{ metre: 1 } })).toThrow(/Unknown option metre/)
  })
})
