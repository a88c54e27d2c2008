import { families, type PrometheusOptions, prometheusPage } from '../core/prometheus-text.ts'
import {
  cacheInstruments,
  groupInstruments,
  ownCacheInstruments,
  ownGroupInstruments,
  recordInstruments,
} from './group-instruments.ts'
import type { GroupStats } from './group-stats.ts'

const reservedLabels = ['group_name', 'cache_type']

/**
 * The statistics of groups as Prometheus reads them, from `stats()` of a cache. groupcache-go's instruments keep their
 * names with `_` for `.`, and counters end in `_total`: `groupcache_group_gets_total{group_name="users"}`. What only
 * coldsnap counts begins with `coldsnap_`. Groups are in the order of the object. A label name that Prometheus does not
 * take, or that is used here already, is a RangeError.
 */
export function prometheusText(stats: Readonly<Record<string, GroupStats>>, options: PrometheusOptions = {}): string {
  return prometheusPage(options, reservedLabels, (common, format) => {
    const groups = Object.entries(stats).map(([name, values]) => ({
      labels: [...common, ['group_name', name] as const],
      values,
    }))
    const caches = groups.flatMap(({ labels, values }) => [
      { labels: [...labels, ['cache_type', 'main'] as const], values: values.main },
      { labels: [...labels, ['cache_type', 'hot'] as const], values: values.hot },
    ])
    const records = groups.flatMap(({ labels, values }) => (values.store ? [{ labels, values: values.store }] : []))
    return [
      ...families([...groupInstruments, ...ownGroupInstruments], groups, format),
      ...families([...cacheInstruments, ...ownCacheInstruments], caches, format),
      ...families(recordInstruments, records, format),
    ]
  })
}
