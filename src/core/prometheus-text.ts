import { checkOneOf, checkOptionNames } from './check.ts'
import type { Instrument } from './instrument.ts'

/** Options of texts for Prometheus. */
export interface PrometheusOptions {
  /**
   * `text` is Prometheus' own format (`text/plain; version=0.0.4`), `openmetrics` is OpenMetrics 1.0
   * (`application/openmetrics-text; version=1.0.0; charset=utf-8`), which ends in `# EOF`. @default 'text'
   */
  readonly format?: 'text' | 'openmetrics' | undefined
  /** Labels that every line carries, for example `{ service: 'tiles' }`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** What a line carries beside its name. */
export type PrometheusLabels = readonly (readonly [name: string, value: string])[]

/** The format of a text. */
export type PrometheusFormat = 'text' | 'openmetrics'

/**
 * The lines that `write` gives as one text. A label of the options that Prometheus does not take, or that is one of
 * `reserved`, is a RangeError.
 */
export function prometheusPage(
  options: PrometheusOptions,
  reserved: readonly string[],
  write: (common: PrometheusLabels, format: PrometheusFormat) => readonly string[],
): string {
  checkOptionNames(options, ['format', 'labels'])
  const { format = 'text', labels = {} } = options
  checkOneOf('format', format, ['text', 'openmetrics'])
  const common = Object.entries(labels)
  for (const [name, value] of common) checkLabel(name, value, reserved)
  const lines = [...write(common, format), ...(format === 'openmetrics' ? ['# EOF'] : [])]
  return lines.map(line => `${line}\n`).join('')
}

/** The lines of each instrument. A family without a sample is left out. */
export function families<T>(
  instruments: readonly Instrument<T>[],
  sources: readonly { readonly labels: PrometheusLabels; readonly values: T }[],
  format: PrometheusFormat,
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

function labelText(labels: PrometheusLabels): string {
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

function checkLabel(name: string, value: string, reserved: readonly string[]): void {
  if (typeof value !== 'string') throw new TypeError(`Label ${name} must be a string, received ${typeof value}`)
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.startsWith('__') || reserved.includes(name)) {
    throw new RangeError(`Label name ${name} must be letters, digits and _, and none of ${reserved.join(', ')}`)
  }
}
