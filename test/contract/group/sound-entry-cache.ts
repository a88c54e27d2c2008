import type { Entry } from '../../../src/group/entry.ts'
import type { EntryCache, EntryCacheOptions, EntryCacheStats } from '../../../src/group/entry-cache.ts'
import { keyByteLength } from '../../../src/group/group-key.ts'

/** A cache that keeps every rule, cut into small steps so that a mutant breaks one of them. */
export class SoundEntryCache implements EntryCache {
  protected entries = new Map<string, Entry>()
  protected readonly maxBytes: number
  protected readonly keepExpiredMs: number
  protected counts = { rejected: 0, gets: 0, hits: 0, evictions: 0, evictedFresh: 0, expired: 0 }

  constructor({ maxBytes, keepExpiredMs }: EntryCacheOptions) {
    this.maxBytes = maxBytes
    this.keepExpiredMs = keepExpiredMs
  }

  get(key: string, nowMs: number): Entry | undefined {
    this.counts.gets += 1
    const entry = this.entries.get(this.name(key))
    if (entry === undefined) return undefined
    if (this.isDead(entry, nowMs)) {
      this.entries.delete(this.name(key))
      this.counts.expired += 1
      return undefined
    }
    this.counts.hits += 1
    return entry
  }

  add(key: string, entry: Entry, nowMs: number): void {
    this.replace(key)
    const size = this.size(key, entry)
    if (this.isOversized(size)) {
      this.refuse()
      return
    }
    while (this.bytes() + size > this.limit()) this.evict(nowMs)
    this.entries.set(this.name(key), this.keep(entry))
  }

  remove(key: string): boolean {
    return this.entries.delete(this.name(key))
  }

  clear(): void {
    this.entries.clear()
  }

  stats(): EntryCacheStats {
    return { ...this.counts, bytes: this.bytes(), items: this.entries.size }
  }

  protected name(key: string): string {
    return key
  }

  protected keep(entry: Entry): Entry {
    return entry
  }

  protected replace(key: string): void {
    this.entries.delete(this.name(key))
  }

  protected isOversized(size: number): boolean {
    return size > this.maxBytes || this.maxBytes <= 0
  }

  protected refuse(): void {
    this.counts.rejected += 1
  }

  protected limit(): number {
    return this.maxBytes
  }

  protected size(key: string, { value }: Entry): number {
    return keyByteLength(key) + value.byteLength
  }

  protected isDead(entry: Entry, nowMs: number): boolean {
    return entry.expiresAtMs + this.keepExpiredMs < nowMs
  }

  protected evict(nowMs: number): void {
    const [oldest] = this.entries
    if (oldest === undefined) throw new Error('Nothing to evict')
    this.entries.delete(oldest[0])
    this.counts.evictions += 1
    if (oldest[1].expiresAtMs >= nowMs) this.counts.evictedFresh += 1
  }

  protected bytes(): number {
    return [...this.entries].reduce((sum, [key, entry]) => sum + this.size(key, entry), 0)
  }
}
