import type { LocalCache, LocalCacheOptions, LocalCacheStats, LocalEntry } from '../../src/synced/local-cache.ts'

/** A cache that keeps every rule, as simply as can be: what mutants are made from. */
export class SoundLocalCache<E extends LocalEntry> implements LocalCache<E> {
  protected entries = new Map<string, E>()
  protected evictions = 0
  protected readonly maxBytes: number
  protected readonly options: LocalCacheOptions<E>

  constructor(maxBytes: number, options: LocalCacheOptions<E>) {
    this.maxBytes = maxBytes
    this.options = options
  }

  get(key: string): E | undefined {
    const entry = this.entries.get(key)
    if (entry !== undefined) {
      this.entries.delete(key)
      this.entries.set(key, entry)
    }
    return entry
  }

  peek(key: string): E | undefined {
    return this.entries.get(key)
  }

  set(key: string, entry: E): void {
    this.entries.delete(key)
    this.entries.set(key, entry)
    if (entry.byteLength > this.maxBytes) this.evict(key)
    while (this.bytes() > this.maxBytes) this.evict([...this.entries.keys()][0]!)
  }

  delete(key: string): boolean {
    return this.entries.delete(key)
  }

  clear(): void {
    this.entries.clear()
  }

  stats(): LocalCacheStats {
    return { bytes: this.bytes(), items: this.entries.size, evictions: this.evictions }
  }

  protected bytes(): number {
    return [...this.entries.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  protected evict(key: string): void {
    const entry = this.entries.get(key)!
    this.entries.delete(key)
    this.evictions += 1
    this.options.onEvict(key, entry)
  }
}
