import { abortedBy } from '../core/abortable.ts'
import { CallController } from '../core/call-controller.ts'
import type { CallSignal } from '../core/call-signal.ts'
import { onAbort } from '../core/on-abort.ts'
import { CacheError } from '../errors.ts'

/** What the work of a flight is told. */
export interface Flight {
  /** Aborts when the last caller left and when the flights are closed; the work adds its own deadline. */
  readonly signal: CallSignal
  /** Whether the result may be kept. False for good once the key was detached, nobody waits, or all was closed. */
  readonly isCurrent: boolean
}

/**
 * One work per key at a time, joined by everybody who asks for that key meanwhile.
 *
 * Each caller waits under its own signal: an abort is its own, and the work is aborted only when nobody is left.
 */
export class Flights<T> {
  /** The flights that new callers may join. */
  readonly #current = new Map<string, Journey<T>>()
  /** All whose work still runs, those that nobody can join any more included. */
  readonly #underWay = new Set<Journey<T>>()
  #closed: { readonly reason: unknown } | undefined

  /** How many works are running, those of detached and abandoned flights included. */
  get size(): number {
    return this.#underWay.size
  }

  /**
   * Joins the flight of `key`, or starts one by calling `work` at once. Settles as the work does; rejects with `ABORTED`
   * as soon as `signal` aborts, and with the reason of {@link close}.
   */
  run(key: string, work: (flight: Flight) => Promise<T>, signal?: CallSignal): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed.reason)
    if (signal?.aborted) return Promise.reject(abortedBy(signal))
    const current = this.#current.get(key)
    if (current !== undefined) return current.join(signal)
    const journey = new Journey<T>(left => this.#abandon(key, left))
    // Joined before the work starts: work may detach or close while it is being called.
    const result = journey.join(signal)
    this.#start(key, journey, work)
    return result
  }

  /**
   * Starts a flight that no caller waits for, unless one of `key` is under way; tells whether it did. Callers may join
   * it, but it goes on when they leave: its end is a deadline of the work. What it rejects with is dropped.
   */
  runBehind(key: string, work: (flight: Flight) => Promise<T>): boolean {
    if (this.#closed !== undefined || this.#current.has(key)) return false
    this.#start(key, new Journey<T>(undefined), work)
    return true
  }

  /**
   * The key was set or removed: what its flight brings must not be kept. Those who wait for it still get it, as they
   * asked before; who asks from now on starts a fresh flight.
   */
  detach(key: string): void {
    const journey = this.#current.get(key)
    if (journey === undefined) return
    this.#current.delete(key)
    journey.flight.isCurrent = false
  }

  /** Ends all: aborts every work with `reason`, rejects every caller with it, and each later {@link run} too. */
  close(reason: unknown): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#current.clear()
    for (const journey of [...this.#underWay]) {
      journey.reject(reason)
      journey.abort(reason)
    }
  }

  #start(key: string, journey: Journey<T>, work: (flight: Flight) => Promise<T>): void {
    this.#current.set(key, journey)
    this.#underWay.add(journey)
    void this.#fly(key, journey, work)
  }

  // Never rejects: the callers' promises carry the outcome. As it is async, it takes a throw of `work` itself as well.
  async #fly(key: string, journey: Journey<T>, work: (flight: Flight) => Promise<T>): Promise<void> {
    try {
      const value = await work(journey.flight)
      this.#land(key, journey)
      journey.resolve(value)
    } catch (error) {
      this.#land(key, journey)
      journey.reject(error)
    }
  }

  #land(key: string, journey: Journey<T>): void {
    this.#underWay.delete(journey)
    if (this.#current.get(key) === journey) this.#current.delete(key)
  }

  // Off the list before the abort: who asks next must not join work that is ending, and no detach() finds it any more,
  // so that its result must not be kept either.
  #abandon(key: string, journey: Journey<T>): void {
    if (this.#current.get(key) === journey) this.#current.delete(key)
    journey.abort(new CacheError('ABORTED', 'Nobody waits for the load any more'))
  }
}

/** Those who wait under one signal: they share their fate, so they share a promise. */
interface Wait<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/** One flight and who waits for it. */
class Journey<T> {
  readonly flight: { readonly signal: CallSignal; isCurrent: boolean }
  readonly #controller = new CallController()
  readonly #onLeft: ((journey: Journey<T>) => void) | undefined
  // By signal, as ten thousand listeners of one signal would cost the square of that.
  readonly #waits = new Map<CallSignal | undefined, Wait<T>>()

  /** `onLeft` is told when the last of the callers left; without it the flight does not need any. */
  constructor(onLeft: ((journey: Journey<T>) => void) | undefined) {
    this.#onLeft = onLeft
    this.flight = { signal: this.#controller, isCurrent: true }
  }

  join(signal: CallSignal | undefined): Promise<T> {
    const known = this.#waits.get(signal)
    if (known !== undefined) return known.promise
    const wait = this.#openWait(signal)
    this.#waits.set(signal, wait)
    // Callers may look at it late: until then a failure is not an unhandled one.
    wait.promise.catch(ignore)
    return wait.promise
  }

  resolve(value: T): void {
    for (const wait of this.#takeWaits()) wait.resolve(value)
  }

  reject(error: unknown): void {
    for (const wait of this.#takeWaits()) wait.reject(error)
  }

  abort(reason: unknown): void {
    this.flight.isCurrent = false
    this.#controller.abort(reason)
  }

  #openWait(signal: CallSignal | undefined): Wait<T> {
    let settle: Omit<Wait<T>, 'promise'> = { resolve: ignore, reject: ignore }
    const promise = new Promise<T>((resolve, reject) => {
      settle = { resolve, reject }
    })
    if (signal === undefined) return { promise, ...settle }
    const { resolve, reject } = settle
    const leave = (): void => {
      this.#waits.delete(signal)
      reject(abortedBy(signal))
      if (this.#waits.size === 0) this.#onLeft?.(this)
    }
    // Many keys at once are many flights under one signal.
    const stop = onAbort(signal, leave)
    return {
      promise,
      resolve(value) {
        stop()
        resolve(value)
      },
      reject(error) {
        stop()
        reject(error)
      },
    }
  }

  #takeWaits(): readonly Wait<T>[] {
    const waits = [...this.#waits.values()]
    this.#waits.clear()
    return waits
  }
}

function ignore(): void {}
