import { checkOptionNames } from '../core/check.ts'
import { cacheInstruments, groupInstruments, type Instrument, type StatsSource } from './group-instruments.ts'

/** The name to ask for a meter and a tracer by: `metrics.getMeter(instrumentationName)`. */
export const instrumentationName = 'coldsnap/group'

/** Attributes of a measurement or a span. */
export type TelemetryAttributes = Readonly<Record<string, string | number | boolean>>

/** What a callback of {@link Meter} reports to: `BatchObservableResult` of `@opentelemetry/api`. */
export interface MeterResult<I> {
  observe(instrument: I, value: number, attributes?: TelemetryAttributes): void
}

/**
 * The part of `Meter` of `@opentelemetry/api` 1.x that is used. Described here and not imported, so that a program
 * without that package compiles and starts.
 */
export interface Meter<I> {
  createObservableCounter(name: string, options?: { description?: string; valueType?: number }): I
  createObservableUpDownCounter(name: string, options?: { description?: string; valueType?: number }): I
  addBatchObservableCallback(callback: (result: MeterResult<I>) => void, instruments: I[]): void
  removeBatchObservableCallback(callback: (result: MeterResult<I>) => void, instruments: I[]): void
}

/** Options of {@link observeGroups}. */
export interface ObserveGroupsOptions<I> {
  /** A meter of `@opentelemetry/api`. */
  readonly meter: Meter<I>
  /** Attributes that every measurement carries beside `group.name` and `cache.type`. */
  readonly attributes?: TelemetryAttributes | undefined
}

/** `ValueType.INT` of `@opentelemetry/api`: Go's instruments are all of 64-bit integers. */
const integer = 0

/**
 * Reports the statistics of all groups of a cache, also of those made later, as observable instruments with
 * groupcache-go's names, kinds and attributes. Numbers are read only when the meter's reader collects. Returns what ends
 * it: after that nothing is observed and nothing of the cache is held.
 */
export function observeGroups<I>(source: StatsSource, options: ObserveGroupsOptions<I>): () => void {
  checkOptionNames(options, ['meter', 'attributes'])
  const { meter, attributes } = options
  const create = ({ name, kind, description }: Instrument<never>): I =>
    kind === 'counter'
      ? meter.createObservableCounter(name, { description, valueType: integer })
      : meter.createObservableUpDownCounter(name, { description, valueType: integer })
  const ofGroup = groupInstruments.map(each => ({ each, instrument: create(each) }))
  const ofCache = cacheInstruments.map(each => ({ each, instrument: create(each) }))
  const instruments = [...ofGroup, ...ofCache].map(({ instrument }) => instrument)

  const observe = (result: MeterResult<I>): void => {
    for (const [name, stats] of Object.entries(source.stats())) {
      const group = { ...attributes, 'group.name': name }
      for (const { each, instrument } of ofGroup) result.observe(instrument, Math.round(each.read(stats)), group)
      for (const type of ['main', 'hot'] as const) {
        const cache = { ...group, 'cache.type': type }
        for (const { each, instrument } of ofCache) result.observe(instrument, each.read(stats[type]), cache)
      }
    }
  }
  meter.addBatchObservableCallback(observe, instruments)
  return () => meter.removeBatchObservableCallback(observe, instruments)
}
