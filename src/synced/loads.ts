import { abortedBy } from '../core/abortable.ts'
import type { CallSignal } from '../core/call-signal.ts'
import { withDeadline } from '../core/deadline.ts'
import { SharedFlights } from '../core/shared-flights.ts'
import { CacheError, isCacheError } from '../errors.ts'
import type { LoadJob } from './call-options.ts'
import { remoteValue } from './call-options.ts'
import type { HeldValue } from './held-value.ts'
import { KeySignals } from './key-signals.ts'
import { LeaseHold } from './lease-hold.ts'
import type { LocalLevel } from './local-level.ts'
import { Recovery } from './recovery.ts'
import type { RemoteCalls } from './remote-calls.ts'
import { isRefused } from './remote-error.ts'
import type { RemoteLease, RemoteValue, SyncedEntry } from './remote-level.ts'
import type { Found, RemoteReads } from './remote-reads.ts'
import type { SyncedCounters } from './synced-counters.ts'
import type { SyncedSettings } from './synced-settings.ts'
import type { Watch } from './watches.ts'

/** How a load ended. */
export interface Loaded {
  /** `undefined`: there is none. */
  readonly held: HeldValue | undefined
  /** Its time was over, and nothing was loaded yet. */
  readonly isStale: boolean
}

/** What {@link Loads} work with. */
export interface LoadParts {
  readonly settings: SyncedSettings
  readonly local: LocalLevel
  readonly calls: RemoteCalls
  readonly reads: RemoteReads
  readonly counters: SyncedCounters
  /** Decodes; `undefined` for what is damaged, which was reported. */
  readonly read: (key: string, held: HeldValue | undefined) => unknown
  readonly report: (error: unknown) => void
}

const none: Loaded = { held: undefined, isStale: false }
const shortestPollMs = 50
const pollSpanMs = 100

/**
 * Loads of `getOrSet`: at most one per key runs in this process. Who comes after the key moved does not share a load that
 * began before: he waits for it to end, and what he gets was read or loaded after.
 */
export class Loads {
  readonly #parts: LoadParts
  readonly #flights = new SharedFlights<Loaded>()
  readonly #signals = new KeySignals()
  readonly #recovery: Recovery
  /** The last load of each key, so that the next one begins when it has ended. */
  readonly #last = new Map<string, Promise<Loaded>>()
  /** Keys whose load, if it can still be joined, has begun to look. */
  readonly #begun = new Set<string>()

  constructor(parts: LoadParts) {
    this.#parts = parts
    this.#recovery = new Recovery(parts.local, parts.reads, parts.settings.random)
  }

  /** A fresh value, a stale one that the job takes, or what its loader gives. */
  fetch(key: string, job: LoadJob, signal: AbortSignal | undefined): Promise<Loaded> {
    return this.#join(key, job, signal, false)
  }

  /** A fresh value, or what the loader gives. */
  refresh(key: string, job: LoadJob, signal?: AbortSignal): Promise<Loaded> {
    return this.#join(key, job, signal, true)
  }

  /** Loads for nobody who waits, unless that is under way already. */
  refreshBehind(key: string, job: LoadJob): void {
    if (!this.#flights.has(key)) this.refresh(key, job).catch(this.#parts.report)
  }

  /** The key, or any key, moved. */
  moved(key?: string): void {
    // Who waits for a lease asks again soon enough: a flood of such events must not make him ask all the time.
    if (key !== undefined) this.#signals.tell(key)
    for (const each of key === undefined ? [...this.#begun] : [key]) {
      if (this.#begun.delete(each)) this.#flights.detach(each)
    }
  }

  /** Ends all loads with `reason`. */
  async close(reason: unknown): Promise<void> {
    this.#recovery.close()
    this.#flights.abort(reason)
    while (this.#last.size > 0) await Promise.allSettled(this.#last.values())
  }

  #join(key: string, job: LoadJob, signal: AbortSignal | undefined, mustBeFresh: boolean): Promise<Loaded> {
    return this.#flights.join(key, signal, end => {
      const own = this.#inTurn(key, job, mustBeFresh, end, this.#last.get(key))
      this.#last.set(key, own)
      const ended = (): void => {
        if (this.#last.get(key) === own) this.#last.delete(key)
      }
      own.then(ended, ended)
      return own
    })
  }

  async #inTurn(
    key: string,
    job: LoadJob,
    mustBeFresh: boolean,
    signal: CallSignal,
    before: Promise<Loaded> | undefined,
  ): Promise<Loaded> {
    const watches: Watch[] = []
    try {
      if (before !== undefined) await Promise.allSettled([before])
      if (signal.aborted) throw abortedBy(signal)
      this.#begun.add(key)
      watches.push(this.#parts.local.watch(key))
      return await this.#look({ key, job, signal, watch: watches[0]! }, mustBeFresh)
    } catch (error) {
      // Closed in the middle of it.
      throw isCacheError(signal.reason, 'CLOSED') ? signal.reason : error
    } finally {
      for (const watch of watches) this.#parts.local.unwatch(watch)
      this.#begun.delete(key)
    }
  }

  async #look(load: Load, mustBeFresh: boolean): Promise<Loaded> {
    const { key, job } = load
    const here = this.#parts.local.find(key, this.#parts.settings.clock())
    if (this.#isFresh(key, here)) return fresh(here)
    const found = await this.#ask(load)
    if (found === undefined) return await this.#load(load, undefined, here)
    if (this.#isFresh(key, found.held)) return fresh(found.held)
    if (!mustBeFresh && this.isStale(key, found.held, job)) return { held: found.held, isStale: true }
    if (job.lease && !this.#parts.settings.reader) return await this.#loadForAll(load, found)
    return await this.#load(load, found, found.held)
  }

  /** Whether a value whose time is over may be answered. */
  isStale(key: string, held: HeldValue | undefined, job: LoadJob): held is HeldValue {
    if (held === undefined) return false
    const nowMs = this.#parts.settings.clock()
    const isInTime = nowMs < held.expiresAtMs && nowMs < held.freshUntilMs + job.rules.staleMs
    return isInTime && this.#parts.read(key, held) !== undefined
  }

  #isFresh(key: string, held: HeldValue | undefined): held is HeldValue {
    return held?.isFresh(this.#parts.settings.clock()) === true && this.#parts.read(key, held) !== undefined
  }

  /** What Redis has; `undefined`: it cannot be asked. */
  async #ask(load: Load): Promise<Found | undefined> {
    try {
      return await this.#parts.reads.one(load.key, load.signal)
    } catch (error) {
      this.#giveUp(error, load)
      return undefined
    }
  }

  // Whoever holds the lease loads; the others wait until the value comes, or the lease is theirs.
  async #loadForAll(load: Load, found: Found): Promise<Loaded> {
    const { calls, counters, settings } = this.#parts
    const { key, job, signal } = load
    const endMs = performance.now() + job.timeoutMs
    for (let waits = 0; performance.now() < endMs; waits++) {
      const lease = await this.#acquire(load)
      if (lease === 'unknown') return await this.#load(load, undefined, found.held)
      if (lease === 'refused') return await this.#load(load, found, found.held)
      if (lease !== undefined) return await this.#loadHolding(load, new LeaseHold(lease, job.leaseMs, calls))
      if (waits === 0) counters.leaseWaits += 1
      await this.#signals.wait(key, shortestPollMs + pollSpanMs * settings.random(), signal)
      const loaded = await this.#loadedByOthers(load)
      if (loaded !== undefined) return fresh(loaded)
    }
    return await this.#load(load, await this.#ask(load), found.held)
  }

  async #acquire(load: Load): Promise<RemoteLease | undefined | 'unknown' | 'refused'> {
    const { key, job, signal } = load
    try {
      return await this.#parts.calls.run(level => level.acquire(key, job.leaseMs, { signal }))
    } catch (error) {
      this.#giveUp(error, load)
      return isRefused(error) ? 'refused' : 'unknown'
    }
  }

  async #loadedByOthers(load: Load): Promise<HeldValue | undefined> {
    const here = this.#parts.local.find(load.key, this.#parts.settings.clock())
    if (this.#isFresh(load.key, here)) return here
    const found = await this.#ask(load)
    return this.#isFresh(load.key, found?.held) ? found?.held : undefined
  }

  async #loadHolding(load: Load, hold: LeaseHold): Promise<Loaded> {
    try {
      // Another one may have loaded between the read and the lease.
      const found = await this.#ask(load)
      if (this.#isFresh(load.key, found?.held)) return fresh(found?.held)
      return await this.#load(load, found, found?.held, hold)
    } finally {
      await hold.release()
    }
  }

  // Without `found` Redis could not be asked.
  async #load(load: Load, found: Found | undefined, stale: HeldValue | undefined, hold?: LeaseHold): Promise<Loaded> {
    const value = await this.#callLoader(load, stale)
    if (value === undefined) return none
    return fresh(await this.#keep(load, remoteValue(value, load.job.rules, this.#parts.settings), found, hold))
  }

  async #callLoader({ key, job, signal }: Load, stale: HeldValue | undefined): Promise<unknown> {
    const { counters, read } = this.#parts
    counters.loads += 1
    try {
      return await withDeadline('Loader', job.timeoutMs, signal, async controller => {
        const request = {
          key,
          stale: read(key, stale),
          // A real signal is made only for who asks.
          get signal(): AbortSignal {
            return controller.signal
          },
        }
        return await job.load(request)
      })
    } catch (error) {
      if (signal.aborted) throw error
      counters.loadErrors += 1
      throw new CacheError('LOAD_FAILED', 'Cannot load a value: the loader failed', { cause: error, key })
    }
  }

  async #keep(load: Load, value: RemoteValue, found: Found | undefined, hold?: LeaseHold): Promise<HeldValue> {
    const { local, calls, reads, counters, settings } = this.#parts
    const { key, signal, watch } = load
    if (settings.reader) return local.takeAlone(watch, this.#entryOf(value), false)
    if (found === undefined) return this.#keepAlone(load, value, true)
    try {
      const fill = { ...value, seen: found.seen, changedTo: local.changedTo(watch), lease: hold?.lease }
      const entry = await calls.run(level => level.fill(key, fill, { signal }))
      if (entry !== undefined) {
        counters.remoteWrites += 1
        local.moved(key, entry.version)
        return local.take(watch, entry)
      }
      counters.fillsMoved += 1
      const again = await reads.one(key, signal)
      return this.#isFresh(key, again.held) ? again.held : local.hold(key, { ...this.#entryOf(value), version: 0 })
    } catch (error) {
      this.#giveUp(error, load)
      this.#parts.report(error)
      // A Redis that takes nothing would have every call load again: what is heard of the key still ends it.
      return this.#keepAlone(load, value, !isRefused(error))
    }
  }

  #keepAlone({ watch }: Load, value: RemoteValue, isOwed: boolean): HeldValue {
    const held = this.#parts.local.takeAlone(watch, this.#entryOf(value), isOwed)
    if (this.#parts.local.alone !== undefined) this.#recovery.start()
    return held
  }

  #entryOf({ codec, body, ttlMs, staleMs, tags }: RemoteValue): Omit<SyncedEntry, 'version'> {
    const freshUntilMs = this.#parts.settings.clock() + (ttlMs ?? Number.POSITIVE_INFINITY)
    return { codec, body, tags, freshUntilMs, expiresAtMs: freshUntilMs + staleMs }
  }

  // Redis fails, the load goes on without; but not when nobody waits, nor for what is the caller's fault.
  #giveUp(error: unknown, { signal }: Load): void {
    if (signal.aborted || !isCacheError(error)) throw error
  }
}

/** One load under way. */
interface Load {
  readonly key: string
  readonly job: LoadJob
  readonly signal: CallSignal
  readonly watch: Watch
}

function fresh(held: HeldValue | undefined): Loaded {
  return { held, isStale: false }
}
