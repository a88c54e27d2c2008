import { checkOneOf, checkOptionNames } from '../core/check.ts'
import {
  cacheInstruments,
  groupInstruments,
  type Instrument,
  ownCacheInstruments,
  ownGroupInstruments,
  recordInstruments,
} from './group-instruments.ts'
import type { GroupStats } from './group-stats.ts'

/** Options of {@link prometheusText}. */
export interface PrometheusOptions {
  /**
   * `text` is Prometheus' own format (`text/plain; version=0.0.4`), `openmetrics` is OpenMetrics 1.0
   * (`application/openmetrics-text; version=1.0.0; charset=utf-8`), which ends in `# EOF`. @default 'text'
   */
  readonly format?: 'text' | 'openmetrics' | undefined
  /** Labels that every line carries, for example `{ service: 'tiles' }`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

type Labels = readonly (readonly [name: string, value: string])[]

const reservedLabels = ['group_name', 'cache_type']

/**
 * The statistics of groups as Prometheus reads them, from `stats()` of a cache. groupcache-go's instruments keep their
 * names with `_` for `.`, and counters end in `_total`: `groupcache_group_gets_total{group_name="users"}`. What only
 * coldsnap counts begins with `coldsnap_`. Groups are in the order of the object. A label name that Prometheus does not
 * take, or that is used here already, is a RangeError.
 */
export function prometheusText(stats: Readonly<Record<string, GroupStats>>, options: PrometheusOptions = {}): string {
  checkOptionNames(options, ['format', 'labels'])
  const { format = 'text', labels = {} } = options
  checkOneOf('format', format, ['text', 'openmetrics'])
  const common = Object.entries(labels)
  for (const [name, value] of common) checkLabel(name, value)

  const groups = Object.entries(stats).map(([name, values]) => ({
    labels: [...common, ['group_name', name] as const],
    values,
  }))
  const caches = groups.flatMap(({ labels, values }) => [
    { labels: [...labels, ['cache_type', 'main'] as const], values: values.main },
    { labels: [...labels, ['cache_type', 'hot'] as const], values: values.hot },
  ])
  const records = groups.flatMap(({ labels, values }) => (values.store ? [{ labels, values: values.store }] : []))
  const lines = [
    ...families([...groupInstruments, ...ownGroupInstruments], groups, format),
    ...families([...cacheInstruments, ...ownCacheInstruments], caches, format),
    ...families(recordInstruments, records, format),
    ...(format === 'openmetrics' ? ['# EOF'] : []),
  ]
  return lines.map(line => `${line}\n`).join('')
}

/** The lines of each instrument. A family without a sample is left out. */
function families<T>(
  instruments: readonly Instrument<T>[],
  sources: readonly { readonly labels: Labels; readonly values: T }[],
  format: 'text' | 'openmetrics',
): string[] {
  if (sources.length === 0) return []
  return instruments.flatMap(({ name, kind, description, read }) => {
    const family = name.replaceAll('.', '_')
    const sample = kind === 'counter' ? `${family}_total` : family
    // OpenMetrics names the family without the suffix of its samples, the older format knows no families.
    const described = format === 'openmetrics' ? family : sample
    return [
      `# HELP ${described} ${escapeText(description)}`,
      `# TYPE ${described} ${kind === 'counter' ? 'counter' : 'gauge'}`,
      ...sources.map(({ labels, values }) => `${sample}${labelText(labels)} ${numberText(read(values))}`),
    ]
  })
}

function labelText(labels: Labels): string {
  return `{${labels.map(([name, value]) => `${name}="${escapeText(value).replaceAll('"', '\\"')}"`).join(',')}}`
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

function checkLabel(name: string, value: string): void {
  if (typeof value !== 'string') throw new TypeError(`Label ${name} must be a string, received ${typeof value}`)
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.startsWith('__') || reservedLabels.includes(name)) {
    throw new RangeError(`Label name ${name} must be letters, digits and _, and none of ${reservedLabels.join(', ')}`)
  }
}
