import { isCacheError } from '../errors.ts'
import { HeldValue, type HoldRules } from './held-value.ts'
import type { LocalCache, LocalCacheFactory } from './local-cache.ts'
import type { RemoteSink, ResetReason, SyncedEntry } from './remote-level.ts'
import type { SyncedCounters } from './synced-counters.ts'
import { TagIndex } from './tag-index.ts'
import { type Watch, Watches } from './watches.ts'

/** How a {@link LocalLevel} works, and whom it tells. */
export interface LocalLevelOptions extends HoldRules {
  readonly cache: LocalCacheFactory
  /** The sender of this process's own events. */
  readonly id: string
  readonly clock: () => number
  readonly counters: SyncedCounters
  /** What is kept of a value that another process set; `undefined`: nothing, and what is here stays. */
  readonly accept: (key: string, entry: SyncedEntry, sender: string) => SyncedEntry | undefined
  /** A key, or (without one) any key, moved: what was asked of Redis before is no answer to who asks from now on. */
  readonly onMoved: (key?: string) => void
  readonly onReset: (reason: ResetReason) => void
  readonly onProblem: (error: Error) => void
}

/** Of what was never in Redis; anything from there replaces it. */
const aloneVersion = -1

/**
 * What this process holds of the cache. Every entry has a version, and never replaces one of a higher version. A call that
 * brings an entry watches its key from before it is made: if the key moved beyond the entry meanwhile, or all was dropped,
 * the entry is not kept. An entry is good for `localTtlMs` at most, so that even a mistake does not last.
 */
export class LocalLevel implements RemoteSink {
  readonly #options: LocalLevelOptions
  readonly #cache: LocalCache<HeldValue>
  readonly #tags = new TagIndex()
  readonly #watches = new Watches()
  /** Keys of entries that were kept while Redis could not be asked. */
  readonly #alone = new Set<string>()
  /** Keys of entries that were kept alone while out of step. */
  readonly #unheard = new Set<string>()
  #isInStep = false

  constructor(options: LocalLevelOptions) {
    this.#options = options
    this.#cache = options.cache({ onEvict: (key, held) => this.#forget(key, held) })
  }

  get size(): { readonly bytes: number; readonly items: number; readonly evictions: number } {
    return this.#cache.stats()
  }

  /** How many calls are watched; 0 at rest. */
  get watches(): number {
    return this.#watches.size
  }

  /** Some key that was kept while Redis could not be asked. */
  get alone(): string | undefined {
    return this.#alone.values().next().value
  }

  /** What is held of the key, fresh or stale. */
  find(key: string, nowMs: number): HeldValue | undefined {
    const held = this.#cache.get(key)
    // Before it was kept: the clock was set back, and nobody knows how long it is here.
    if (held === undefined || (nowMs < held.goneAtMs && nowMs >= held.keptAtMs)) return held
    this.#remove(key, held)
    this.#options.counters.expired += 1
    return undefined
  }

  /** An entry that is not kept. */
  hold(key: string, entry: SyncedEntry): HeldValue {
    return new HeldValue(key, entry, this.#options.clock(), this.#options)
  }

  /** Begins before a call that brings an entry of the key; ended by {@link unwatch}. */
  watch(key: string): Watch {
    return this.#watches.begin(key)
  }

  /** The highest version to which the value in Redis was seen to move while it was watched; -1: it was not. */
  changedTo(watch: Watch): number {
    return this.#watches.changedTo(watch)
  }

  unwatch(watch: Watch): void {
    this.#watches.end(watch)
  }

  /** The value of an entry that a watched call brought. Kept if it may be. */
  take(watch: Watch, entry: SyncedEntry): HeldValue {
    const held = this.hold(watch.key, entry)
    const present = this.#cache.peek(watch.key)
    const mayKeep = this.#isInStep && this.#watches.isCurrent(watch, entry.version, entry.tags)
    if (!mayKeep || (present !== undefined && present.version > entry.version)) {
      this.#options.counters.fillsDropped += 1
      return held
    }
    // A read that confirms what is here begins its time anew.
    this.#put(watch.key, held)
    return held
  }

  /** Keeps what is not in Redis, unless the key was seen to move; until Redis is heard of again if `isOwed`. */
  takeAlone(watch: Watch, entry: Omit<SyncedEntry, 'version'>, isOwed: boolean): HeldValue {
    const held = this.hold(watch.key, { ...entry, version: aloneVersion })
    const present = this.#cache.peek(watch.key)
    const nowMs = this.#options.clock()
    const isInRedis = present !== undefined && present.version !== aloneVersion
    const isBetter = isInRedis && present.isFresh(nowMs) && nowMs < present.goneAtMs
    if (isBetter || !this.#watches.isCurrent(watch, aloneVersion, entry.tags)) {
      this.#options.counters.fillsDropped += 1
      return held
    }
    this.#put(watch.key, held)
    if (this.#cache.peek(watch.key) !== held) return held
    if (isOwed) this.#alone.add(watch.key)
    if (!this.#isInStep) this.#unheard.add(watch.key)
    return held
  }

  /** Redis answers again: what was kept without it goes. */
  dropAlone(): void {
    if (this.#alone.size > 0) for (const key of [...this.#alone]) this.remove(key)
  }

  /** Drops the copy of a key, whatever its version. */
  remove(key: string): void {
    const held = this.#cache.peek(key)
    if (held !== undefined) this.#remove(key, held)
  }

  /**
   * This process moved the key: another copy is dropped. One of a higher version too: either it can be read again, or Redis
   * has lost what it was, and this process need not know that yet. With `isOnlyHere` Redis keeps its value.
   */
  moved(key: string, version: number, isOnlyHere = false): void {
    this.#options.onMoved(key)
    this.#watches.move(key, version, isOnlyHere)
    const present = this.#cache.peek(key)
    if (present !== undefined && present.version !== version) this.#remove(key, present)
  }

  /** This process deleted all with a tag: copies go, and fills that began before are refused. */
  movedTag(tag: string): void {
    this.#watches.moveAll()
    this.#options.onMoved()
    for (const key of this.#tags.keysOf(tag)) this.remove(key)
  }

  /** All copies go, and fills that began before are refused. */
  empty(): void {
    this.#watches.moveAll()
    this.#cache.clear()
    this.#tags.clear()
    this.#alone.clear()
    this.#unheard.clear()
    this.#options.onMoved()
  }

  set(key: string, entry: SyncedEntry, sender: string): void {
    const { counters, accept, id, onMoved } = this.#options
    onMoved(key)
    // An own change was seen to be done when it was.
    this.#watches.move(key, entry.version, sender === id)
    const present = this.#cache.peek(key)
    if (!this.#isInStep || (present !== undefined && present.version >= entry.version)) {
      counters.eventsIgnored += 1
      // Kept without Redis, out of step.
      if (present !== undefined && present.version < entry.version) this.#remove(key, present)
      return
    }
    const accepted = sender === id ? entry : accept(key, entry, sender)
    if (accepted === undefined) {
      counters.eventsIgnored += 1
      return
    }
    counters.eventsApplied += 1
    this.#put(key, this.hold(key, accepted))
  }

  drop(key: string, version: number, isOnlyHere = false): void {
    this.#options.counters.eventsApplied += 1
    this.#options.counters.invalidations += 1
    this.#options.onMoved(key)
    this.#watches.move(key, version, isOnlyHere)
    const present = this.#cache.peek(key)
    if (present !== undefined && present.version < version) this.#remove(key, present)
  }

  dropTag(tag: string, version: number): void {
    this.#options.counters.eventsApplied += 1
    this.#options.counters.invalidations += 1
    this.#options.onMoved()
    this.#watches.moveTag(tag, version)
    for (const key of this.#tags.keysOf(tag)) {
      const held = this.#cache.peek(key)
      if (held !== undefined && held.version < version) this.#remove(key, held)
    }
  }

  reset(reason: ResetReason): void {
    const { counters } = this.#options
    counters.clears[reason] += 1
    // The only one of them that is an event.
    if (reason === 'clear') counters.eventsApplied += 1
    this.empty()
    this.#options.onReset(reason)
  }

  inStep(isInStep: boolean): void {
    if (isInStep === this.#isInStep) return
    this.#isInStep = isInStep
    this.#watches.moveAll()
    // What moved while nothing was heard may be among them.
    if (isInStep) for (const key of [...this.#unheard]) this.remove(key)
    this.#options.onMoved()
  }

  problem(error: Error): void {
    if (isCacheError(error, 'CORRUPT')) this.#options.counters.eventsMalformed += 1
    else this.#options.counters.problems += 1
    this.#options.onProblem(error)
  }

  #put(key: string, held: HeldValue): void {
    const present = this.#cache.peek(key)
    if (present !== undefined) this.#forget(key, present)
    held.compact()
    // Before the cache has it: it may refuse it at once.
    this.#tags.add(key, held.tags)
    this.#options.counters.localFills += 1
    this.#cache.set(key, held)
  }

  #remove(key: string, held: HeldValue): void {
    this.#cache.delete(key)
    this.#forget(key, held)
  }

  #forget(key: string, { tags }: HeldValue): void {
    this.#tags.remove(key, tags)
    this.#alone.delete(key)
    this.#unheard.delete(key)
  }
}
