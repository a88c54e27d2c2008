import { abortable } from './abortable.ts'
import { checkSignal } from './check.ts'

interface Flight<T> {
  readonly result: Promise<T>
  readonly controller: AbortController
  waiters: number
  isDone: boolean
}

/** One piece of work per key at a time: who comes while it runs waits for its result. */
export class SharedFlights<T> {
  readonly #flights = new Map<string, Flight<T>>()

  /**
   * The result of the work of `key` that is under way, or else of `work`. An abort of `signal` ends the wait of this caller
   * alone, with `ABORTED`; when nobody waits any more, the signal that `work` was given is aborted.
   */
  async join(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    checkSignal(signal)
    const flight = this.#flights.get(key) ?? this.#start(key, work)
    flight.waiters++
    try {
      return await abortable(flight.result, signal)
    } finally {
      flight.waiters--
      if (flight.waiters === 0 && !flight.isDone) {
        this.#forget(key, flight)
        flight.controller.abort(signal?.reason)
      }
    }
  }

  /** Aborts all work that is under way; who waits for it hears how it ends. */
  abort(reason: unknown): void {
    for (const { controller } of this.#flights.values()) controller.abort(reason)
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController()
    const result = work(controller.signal)
    // When all have gone, nobody hears how it ended.
    result.catch(() => undefined)
    const flight: Flight<T> = { result, controller, waiters: 0, isDone: false }
    this.#flights.set(key, flight)
    const end = (): void => {
      flight.isDone = true
      this.#forget(key, flight)
    }
    result.then(end, end)
    return flight
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }
}
