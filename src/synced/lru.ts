import { checkInteger, checkOptionNames } from '../core/check.ts'
import type { LocalCache, LocalCacheFactory, LocalCacheOptions, LocalCacheStats, LocalEntry } from './local-cache.ts'
import { Recency, RecentNode } from './recency.ts'

/** Options of {@link lru} and `tinyLfu`. */
export interface LocalBudget {
  /** What all entries together may have of {@link LocalEntry.byteLength}. An entry that alone has more is refused. */
  readonly maxBytes: number
}

/** A local level that drops what was not used for longest. */
export function lru(budget: LocalBudget): LocalCacheFactory {
  const maxBytes = checkBudget(budget)
  return options => new Lru(maxBytes, options)
}

/** The budget in bytes; throws a TypeError or RangeError for one that is none. */
export function checkBudget(budget: LocalBudget): number {
  checkOptionNames(budget, ['maxBytes'])
  checkInteger('maxBytes', budget.maxBytes, 0)
  return budget.maxBytes
}

class Lru<E extends LocalEntry> implements LocalCache<E> {
  readonly #maxBytes: number
  readonly #onEvict: (key: string, entry: E) => void
  readonly #nodes = new Map<string, RecentNode<E>>()
  readonly #recency = new Recency<E>()
  #evictions = 0

  constructor(maxBytes: number, options: LocalCacheOptions<E>) {
    this.#maxBytes = maxBytes
    this.#onEvict = options.onEvict
  }

  get(key: string): E | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined
    this.#recency.touch(node)
    return node.entry
  }

  peek(key: string): E | undefined {
    return this.#nodes.get(key)?.entry
  }

  set(key: string, entry: E): void {
    this.delete(key)
    if (entry.byteLength > this.#maxBytes) {
      this.#evictions += 1
      this.#onEvict(key, entry)
      return
    }
    while (this.#recency.bytes + entry.byteLength > this.#maxBytes) this.#evictOldest()
    const node = new RecentNode(key, entry)
    this.#nodes.set(key, node)
    this.#recency.add(node)
  }

  delete(key: string): boolean {
    const node = this.#nodes.get(key)
    if (node === undefined) return false
    this.#recency.remove(node)
    return this.#nodes.delete(key)
  }

  clear(): void {
    this.#nodes.clear()
    this.#recency.clear()
  }

  stats(): LocalCacheStats {
    return { bytes: this.#recency.bytes, items: this.#nodes.size, evictions: this.#evictions }
  }

  #evictOldest(): void {
    const oldest = this.#recency.oldest!
    this.delete(oldest.key)
    this.#evictions += 1
    this.#onEvict(oldest.key, oldest.entry)
  }
}
