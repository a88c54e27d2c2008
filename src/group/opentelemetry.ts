import { checkOptionNames } from '../core/check.ts'
import { type Meter, type MeterResult, observables, onCollect, type TelemetryAttributes } from '../core/meter.ts'
import { cacheInstruments, groupInstruments, type StatsSource } from './group-instruments.ts'

/** The name to ask for a meter and a tracer by: `metrics.getMeter(instrumentationName)`. */
export const instrumentationName = 'coldsnap/group'

/** Options of {@link observeGroups}. */
export interface ObserveGroupsOptions<I> {
  /** A meter of `@opentelemetry/api`. */
  readonly meter: Meter<I>
  /** Attributes that every measurement carries beside `group.name` and `cache.type`. */
  readonly attributes?: TelemetryAttributes | undefined
}

/**
 * Reports the statistics of all groups of a cache, also of those made later, as observable instruments with
 * groupcache-go's names, kinds and attributes. Numbers are read only when the meter's reader collects. Returns what ends
 * it: after that nothing is observed and nothing of the cache is held.
 */
export function observeGroups<I>(source: StatsSource, options: ObserveGroupsOptions<I>): () => void {
  checkOptionNames(options, ['meter', 'attributes'])
  const { meter, attributes } = options
  const ofGroup = observables(meter, groupInstruments)
  const ofCache = observables(meter, cacheInstruments)

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
  return onCollect(meter, [...ofGroup, ...ofCache], observe)
}
