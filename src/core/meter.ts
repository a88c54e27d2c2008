import type { Instrument } from './instrument.ts'

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

/** `ValueType.INT` of `@opentelemetry/api`: all our instruments are of 64-bit integers. */
const integer = 0

/** An instrument and what the meter made of it. */
export interface Observable<T, I> {
  readonly each: Instrument<T>
  readonly instrument: I
}

/** Makes the instruments with a meter. */
export function observables<T, I>(meter: Meter<I>, instruments: readonly Instrument<T>[]): readonly Observable<T, I>[] {
  return instruments.map(each => {
    const options = { description: each.description, valueType: integer }
    const isCounter = each.kind === 'counter'
    const instrument = isCounter
      ? meter.createObservableCounter(each.name, options)
      : meter.createObservableUpDownCounter(each.name, options)
    return { each, instrument }
  })
}

/** Calls `observe` when the meter's reader collects; gives what ends that, after which nothing is held. */
export function onCollect<I>(
  meter: Meter<I>,
  observed: readonly { readonly instrument: I }[],
  observe: (result: MeterResult<I>) => void,
): () => void {
  const instruments = observed.map(({ instrument }) => instrument)
  meter.addBatchObservableCallback(observe, instruments)
  return () => meter.removeBatchObservableCallback(observe, instruments)
}
