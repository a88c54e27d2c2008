/** One number that monitoring systems show. */
export interface Instrument<T> {
  /** The name as OpenTelemetry writes it. */
  readonly name: string
  /** `counter` only ever grows while what it is read from lives; `level` also falls. */
  readonly kind: 'counter' | 'level'
  readonly description: string
  readonly read: (stats: T) => number
}

/** A number that only grows. */
export function counter<T>(name: string, description: string, read: (stats: T) => number): Instrument<T> {
  return { name, kind: 'counter', description, read }
}

/** A number that also falls. */
export function level<T>(name: string, description: string, read: (stats: T) => number): Instrument<T> {
  return { name, kind: 'level', description, read }
}
