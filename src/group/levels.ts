import { inOwnMemory } from '../bytes/in-own-memory.ts'
import { type Entry, entryUntil, isExpired } from './entry.ts'
import type { EntryCache, EntryCacheFactory, EntryCacheStats } from './entry-cache.ts'
import { LruCache } from './lru-cache.ts'

/** Options of {@link Levels}. */
export interface LevelsOptions {
  readonly maxBytes: number
  /** How long past its expiry an entry may still be wanted, in milliseconds. */
  readonly keepExpiredMs: number
  /** How long "there is none" is remembered, in milliseconds; 0 is never. */
  readonly negativeTtlMs: number
  readonly entryCache: EntryCacheFactory
}

const noValue = new Uint8Array(0)

/**
 * The memory of a group: what this node owns (main, 7/8 of the budget), copies of what others own (hot, 1/8), and which
 * keys have no value. A key is in one of them at most.
 */
export class Levels {
  readonly #main: EntryCache
  readonly #hot: EntryCache
  readonly #absent: EntryCache | undefined
  readonly #negativeTtlMs: number

  constructor(options: LevelsOptions) {
    const { maxBytes, keepExpiredMs, negativeTtlMs, entryCache } = options
    // As Go divides it; its limits of 0 mean "no limit", ours mean nothing is kept.
    const hotBytes = Math.floor(maxBytes / 8)
    this.#main = entryCache({ maxBytes: 7 * hotBytes, keepExpiredMs })
    this.#hot = entryCache({ maxBytes: hotBytes, keepExpiredMs })
    this.#negativeTtlMs = negativeTtlMs
    // Keys without values are small, but anybody can ask for any number of them.
    if (negativeTtlMs > 0) this.#absent = new LruCache({ maxBytes: hotBytes, keepExpiredMs: 0 })
  }

  /** The freshest entry of the key, which may be expired. */
  find(key: string, nowMs: number): Entry | undefined {
    const main = this.#main.get(key, nowMs)
    if (main !== undefined && !isExpired(main, nowMs)) return main
    return this.#hot.get(key, nowMs) ?? main
  }

  isKnownAbsent(key: string, nowMs: number): boolean {
    const mark = this.#absent?.get(key, nowMs)
    return mark !== undefined && !isExpired(mark, nowMs)
  }

  keepMain(key: string, entry: Entry, nowMs: number): void {
    this.remove(key)
    this.#main.add(key, compact(entry), nowMs)
  }

  keepHot(key: string, entry: Entry, nowMs: number): void {
    this.remove(key)
    this.#hot.add(key, compact(entry), nowMs)
  }

  keepAbsent(key: string, nowMs: number): void {
    this.remove(key)
    this.#absent?.add(key, entryUntil(noValue, nowMs + this.#negativeTtlMs), nowMs)
  }

  remove(key: string): void {
    this.#main.remove(key)
    this.#hot.remove(key)
    this.#absent?.remove(key)
  }

  clear(): void {
    this.#main.clear()
    this.#hot.clear()
    this.#absent?.clear()
  }

  stats(): { readonly main: EntryCacheStats; readonly hot: EntryCacheStats } {
    return { main: this.#main.stats(), hot: this.#hot.stats() }
  }
}

// A value that is a part of what a network or a store read would keep all of that alive, past any budget.
function compact(entry: Entry): Entry {
  const { value } = entry
  const own = inOwnMemory(value)
  return own === value ? entry : { ...entry, value: own }
}
