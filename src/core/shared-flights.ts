import { abortable } from './abortable.ts'
import { CallController } from './call-controller.ts'
import type { CallSignal } from './call-signal.ts'
import { checkSignal } from './check.ts'

interface Flight<T> {
  readonly result: Promise<T>
  readonly controller: CallController
  waiters: number
  isDone: boolean
}

/** One piece of work per key at a time: who comes while it runs waits for its result. */
export class SharedFlights<T> {
  /** Those that can be joined. */
  readonly #flights = new Map<string, Flight<T>>()
  /** The others that are under way. */
  readonly #detached = new Set<Flight<T>>()

  /** Whether work of `key` is under way that can be joined. */
  has(key: string): boolean {
    return this.#flights.has(key)
  }

  /**
   * The result of the work of `key` that is under way, or else of `work`. An abort of `signal` ends the wait of this caller
   * alone, with `ABORTED`; when nobody waits any more, the controller that `work` was given is aborted.
   */
  join(key: string, signal: CallSignal | undefined, work: (controller: CallController) => Promise<T>): Promise<T> {
    if (signal !== undefined) return this.#joinUntil(key, signal, work)
    // Who cannot leave before the end needs no place to leave from.
    const flight = this.#flights.get(key) ?? this.#start(key, work)
    flight.waiters++
    return flight.result
  }

  async #joinUntil(key: string, signal: CallSignal, work: (controller: CallController) => Promise<T>): Promise<T> {
    checkSignal(signal)
    const flight = this.#flights.get(key) ?? this.#start(key, work)
    flight.waiters++
    try {
      return await abortable(flight.result, signal)
    } finally {
      flight.waiters--
      if (flight.waiters === 0 && !flight.isDone) {
        if (this.#flights.get(key) === flight) this.detach(key)
        flight.controller.abort(signal.reason)
      }
    }
  }

  /** Who comes from now on does not join the work of `key`, or of any key; those who wait for it still get its result. */
  detach(key?: string): void {
    // Of every key that moves, and of nearly all of them nothing is under way.
    if (this.#flights.size === 0) return
    for (const each of key === undefined ? [...this.#flights.keys()] : [key]) {
      const flight = this.#flights.get(each)
      if (flight === undefined) continue
      this.#flights.delete(each)
      this.#detached.add(flight)
    }
  }

  /** Aborts all work that is under way; who waits for it hears how it ends. */
  abort(reason: unknown): void {
    for (const { controller } of this.#underWay()) controller.abort(reason)
  }

  /** Resolves once no work is under way; never rejects. */
  async ended(): Promise<void> {
    for (let flights = this.#underWay(); flights.length > 0; flights = this.#underWay()) {
      await Promise.allSettled(flights.map(({ result }) => result))
    }
  }

  #underWay(): Flight<T>[] {
    return [...this.#flights.values(), ...this.#detached]
  }

  #start(key: string, work: (controller: CallController) => Promise<T>): Flight<T> {
    const controller = new CallController()
    const result = work(controller)
    const flight: Flight<T> = { result, controller, waiters: 0, isDone: false }
    this.#flights.set(key, flight)
    const end = (): void => {
      flight.isDone = true
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
      else this.#detached.delete(flight)
    }
    // Also when all have gone, and nobody else hears how it ended.
    result.then(end, end)
    return flight
  }
}
