import { FrequencySketch, sketchHash } from './frequency-sketch.ts'
import type { LocalCache, LocalCacheFactory, LocalCacheOptions, LocalCacheStats, LocalEntry } from './local-cache.ts'
import { checkBudget, type LocalBudget } from './lru.ts'
import { Recency, RecentNode } from './recency.ts'

/**
 * A local level that keeps what is used often, also when a scan of many keys comes through: W-TinyLFU (G. Einziger, R. Friedman,
 * B. Manes, 2017) with sizes. New entries pass a window of 1 % of the budget; to stay after that, one must have been used
 * more often than all those together that would have to go for it.
 */
export function tinyLfu(budget: LocalBudget): LocalCacheFactory {
  const maxBytes = checkBudget(budget)
  return options => new TinyLfu(maxBytes, options)
}

const windowShare = 0.01
/** The part of the rest for what was used again since it came out of the window. */
const protectedShare = 0.8

class TinyLfu<E extends LocalEntry> implements LocalCache<E> {
  readonly #maxBytes: number
  readonly #maxWindowBytes: number
  readonly #maxProtectedBytes: number
  readonly #onEvict: (key: string, entry: E) => void
  readonly #nodes = new Map<string, RecentNode<E>>()
  readonly #window = new Recency<E>()
  readonly #probation = new Recency<E>()
  readonly #protected = new Recency<E>()
  readonly #sketch = new FrequencySketch()
  #evictions = 0

  constructor(maxBytes: number, options: LocalCacheOptions<E>) {
    this.#maxBytes = maxBytes
    this.#maxWindowBytes = Math.floor(maxBytes * windowShare)
    this.#maxProtectedBytes = Math.floor((maxBytes - this.#maxWindowBytes) * protectedShare)
    this.#onEvict = options.onEvict
  }

  get(key: string): E | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined
    this.#sketch.add(node.mark)
    if (node.list === this.#probation) this.#protect(node)
    else node.list?.touch(node)
    return node.entry
  }

  peek(key: string): E | undefined {
    return this.#nodes.get(key)?.entry
  }

  set(key: string, entry: E): void {
    if (entry.byteLength > this.#maxBytes) {
      this.delete(key)
      this.#tellEvicted(key, entry)
      return
    }
    const present = this.#nodes.get(key)
    if (present !== undefined) {
      this.#replace(present, entry)
      return
    }
    const node = new RecentNode(key, entry)
    node.mark = sketchHash(key)
    this.#sketch.add(node.mark)
    this.#nodes.set(key, node)
    this.#sketch.ensure(this.#nodes.size)
    this.#window.add(node)
    this.#keepBudget()
  }

  delete(key: string): boolean {
    const node = this.#nodes.get(key)
    if (node === undefined) return false
    node.list?.remove(node)
    return this.#nodes.delete(key)
  }

  clear(): void {
    this.#nodes.clear()
    for (const list of [this.#window, this.#probation, this.#protected]) list.clear()
  }

  stats(): LocalCacheStats {
    return { bytes: this.#bytes(), items: this.#nodes.size, evictions: this.#evictions }
  }

  #bytes(): number {
    return this.#window.bytes + this.#probation.bytes + this.#protected.bytes
  }

  #replace(node: RecentNode<E>, entry: E): void {
    const list = node.list!
    list.remove(node)
    node.entry = entry
    list.add(node)
    this.#keepProtected()
    this.#keepBudget()
  }

  #protect(node: RecentNode<E>): void {
    this.#probation.remove(node)
    this.#protected.add(node)
    this.#keepProtected()
  }

  #keepProtected(): void {
    while (this.#protected.bytes > this.#maxProtectedBytes) {
      const node = this.#protected.oldest!
      this.#protected.remove(node)
      this.#probation.add(node)
    }
  }

  #keepBudget(): void {
    for (;;) {
      const candidate = this.#window.bytes > this.#maxWindowBytes ? this.#window.oldest : undefined
      if (candidate !== undefined) this.#admit(candidate)
      else if (this.#bytes() > this.#maxBytes) this.#evict((this.#oldestOfMain() ?? this.#window.oldest)!)
      else return
    }
  }

  // From the window to the main part, in place of those that must go for it; or out.
  #admit(candidate: RecentNode<E>): void {
    const victims = this.#victimsFor(candidate)
    if (victims === undefined) {
      this.#evict(candidate)
      return
    }
    for (const victim of victims) this.#evict(victim)
    this.#window.remove(candidate)
    this.#probation.add(candidate)
  }

  // None while all fits; undefined: the candidate is not worth it.
  #victimsFor(candidate: RecentNode<E>): readonly RecentNode<E>[] | undefined {
    const uses = this.#sketch.estimate(candidate.mark)
    const victims: RecentNode<E>[] = []
    let excess = this.#bytes() - this.#maxBytes
    let lost = 0
    let next = this.#oldestOfMain()
    while (excess > 0 && next !== undefined) {
      lost += this.#sketch.estimate(next.mark)
      if (lost >= uses) return undefined
      victims.push(next)
      excess -= next.entry.byteLength
      next = next.newer ?? (next.list === this.#probation ? this.#protected.oldest : undefined)
    }
    return excess > 0 ? undefined : victims
  }

  #oldestOfMain(): RecentNode<E> | undefined {
    return this.#probation.oldest ?? this.#protected.oldest
  }

  #evict(node: RecentNode<E>): void {
    this.delete(node.key)
    this.#tellEvicted(node.key, node.entry)
  }

  #tellEvicted(key: string, entry: E): void {
    this.#evictions += 1
    this.#onEvict(key, entry)
  }
}
