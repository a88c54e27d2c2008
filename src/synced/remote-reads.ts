import type { CallSignal } from '../core/call-signal.ts'
import { RunningCalls } from '../core/running-calls.ts'
import { SharedFlights } from '../core/shared-flights.ts'
import type { HeldValue } from './held-value.ts'
import type { LocalLevel } from './local-level.ts'
import type { RemoteCalls } from './remote-calls.ts'
import type { RemoteRead } from './remote-level.ts'
import type { SyncedCounters } from './synced-counters.ts'
import type { Watch } from './watches.ts'

/** What Redis had under a key. */
export interface Found {
  /** Fresh or stale. */
  readonly held: HeldValue | undefined
  /** What a conditional write holds the key against. */
  readonly seen: unknown
}

/** Reads of Redis, one per key at a time; what they bring is kept if it may be. */
export class RemoteReads {
  readonly #calls: RemoteCalls
  readonly #local: LocalLevel
  readonly #counters: SyncedCounters
  readonly #clock: () => number
  readonly #flights = new SharedFlights<Found>()
  readonly #running = new RunningCalls()

  constructor(calls: RemoteCalls, local: LocalLevel, counters: SyncedCounters, clock: () => number) {
    this.#calls = calls
    this.#local = local
    this.#counters = counters
    this.#clock = clock
  }

  /** Reads a key, or waits for the read of it that is under way. */
  one(key: string, signal: CallSignal | undefined): Promise<Found> {
    return this.#flights.join(key, signal, async end => {
      // Where the first who waits cannot leave, nothing ends it.
      const watch = this.#local.watch(key)
      try {
        const options = signal === undefined ? undefined : { signal: end }
        const [read] = await this.#calls.run(level => level.read([key], options))
        return this.#found(watch, read!, this.#clock())
      } finally {
        this.#local.unwatch(watch)
      }
    })
  }

  /** Reads keys in one go. */
  async many(keys: readonly string[], signal: CallSignal | undefined): Promise<readonly Found[]> {
    const watches = keys.map(key => this.#local.watch(key))
    try {
      const reads = await this.#running.wait(this.#calls.run(level => level.read(keys, { signal })))
      const nowMs = this.#clock()
      return reads.map((read, i) => this.#found(watches[i]!, read, nowMs))
    } finally {
      for (const watch of watches) this.#local.unwatch(watch)
    }
  }

  #found(watch: Watch, { entry, seen }: RemoteRead, nowMs: number): Found {
    const held = entry && this.#local.take(watch, entry)
    if (held !== undefined && nowMs < held.freshUntilMs) this.#counters.remoteHits += 1
    else this.#counters.remoteMisses += 1
    return { held, seen }
  }

  /** Who asks from now on is not answered by what was asked before. */
  detach(key?: string): void {
    this.#flights.detach(key)
  }

  /** Resolves when no read is under way. */
  async ended(): Promise<void> {
    await Promise.all([this.#flights.ended(), this.#running.ended()])
  }
}
