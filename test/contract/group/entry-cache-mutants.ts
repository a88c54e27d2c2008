import type { EntryCacheRule } from '../../../src/contract/group/entry-cache-rules.ts'
import type { Entry } from '../../../src/group/entry.ts'
import type { EntryCache, EntryCacheOptions } from '../../../src/group/entry-cache.ts'
import { SoundEntryCache } from './sound-entry-cache.ts'

/** A cache that breaks `rule`. */
export interface EntryCacheMutant {
  readonly what: string
  readonly rule: EntryCacheRule
  readonly Cache: new (options: EntryCacheOptions) => EntryCache
}

const shared = new Map<string, Entry>()

export const entryCacheMutants: readonly EntryCacheMutant[] = [
  {
    what: 'answers the entry that was added last for any key',
    rule: 'E1',
    Cache: class extends SoundEntryCache {
      override get(key: string, nowMs: number): Entry | undefined {
        return super.get(key, nowMs) ?? [...this.entries.values()].at(-1)
      }
    },
  },
  {
    what: 'derives the nanoseconds from milliseconds',
    rule: 'E2',
    Cache: class extends SoundEntryCache {
      protected override keep(entry: Entry): Entry {
        return entry.expireNs === 0n
          ? entry
          : { ...entry, expireNs: BigInt(Math.round(entry.expiresAtMs)) * 1_000_000n }
      }
    },
  },
  {
    what: 'keeps the whole buffer behind a view',
    rule: 'E2',
    Cache: class extends SoundEntryCache {
      protected override keep(entry: Entry): Entry {
        return { ...entry, value: new Uint8Array(entry.value.buffer) }
      }
    },
  },
  {
    what: 'keeps the first expiry of a key',
    rule: 'E3',
    Cache: class extends SoundEntryCache {
      override add(key: string, entry: Entry, nowMs: number): void {
        const { expiresAtMs } = this.entries.get(key) ?? entry
        super.add(key, { ...entry, expiresAtMs }, nowMs)
      }
    },
  },
  {
    what: 'counts keys by their units',
    rule: 'E4',
    Cache: class extends SoundEntryCache {
      protected override size(key: string, { value }: Entry): number {
        return key.length + value.byteLength
      }
    },
  },
  {
    what: 'counts values only',
    rule: 'E4',
    Cache: class extends SoundEntryCache {
      protected override size(_: string, { value }: Entry): number {
        return value.byteLength
      }
    },
  },
  {
    what: 'leaves expired entries where they are',
    rule: 'E4',
    Cache: class extends SoundEntryCache {
      override get(key: string, nowMs: number): Entry | undefined {
        const entry = this.entries.get(key)
        const found = super.get(key, nowMs)
        if (found === undefined && entry !== undefined) this.entries.set(key, entry)
        return found
      }
    },
  },
  {
    what: 'makes room too late',
    rule: 'E5',
    Cache: class extends SoundEntryCache {
      protected override limit(): number {
        return this.maxBytes + 10
      }
    },
  },
  {
    what: 'leaves a part of its budget empty',
    rule: 'E5',
    Cache: class extends SoundEntryCache {
      protected override limit(): number {
        return this.maxBytes < 50 ? this.maxBytes : this.maxBytes - 1
      }
    },
  },
  {
    what: 'throws all away for an oversized entry',
    rule: 'E6',
    Cache: class extends SoundEntryCache {
      protected override refuse(): void {
        super.refuse()
        this.entries.clear()
      }
    },
  },
  {
    what: 'keeps the older entry where the new one is too large',
    rule: 'E6',
    Cache: class extends SoundEntryCache {
      override add(key: string, entry: Entry, nowMs: number): void {
        if (this.isOversized(this.size(key, entry))) this.refuse()
        else super.add(key, entry, nowMs)
      }
    },
  },
  {
    what: 'does not count what it refuses',
    rule: 'E6',
    Cache: class extends SoundEntryCache {
      protected override refuse(): void {}
    },
  },
  {
    what: 'takes no budget for no limit',
    rule: 'E7',
    Cache: class extends SoundEntryCache {
      protected override isOversized(size: number): boolean {
        return this.maxBytes > 0 && size > this.maxBytes
      }
      protected override limit(): number {
        return this.maxBytes > 0 ? this.maxBytes : Number.POSITIVE_INFINITY
      }
    },
  },
  {
    what: 'takes tiny budgets for none at all',
    rule: 'E7',
    Cache: class extends SoundEntryCache {
      protected override isOversized(size: number): boolean {
        return size > Math.floor(this.maxBytes / 8) * 8
      }
    },
  },
  {
    what: 'keeps an empty entry without a budget',
    rule: 'E7',
    Cache: class extends SoundEntryCache {
      protected override isOversized(size: number): boolean {
        return size > this.maxBytes
      }
    },
  },
  {
    what: 'expires at the instant itself',
    rule: 'E8',
    Cache: class extends SoundEntryCache {
      protected override isDead(entry: Entry, nowMs: number): boolean {
        return entry.expiresAtMs + this.keepExpiredMs <= nowMs
      }
    },
  },
  {
    what: 'does not keep what is expired',
    rule: 'E8',
    Cache: class extends SoundEntryCache {
      protected override isDead(entry: Entry, nowMs: number): boolean {
        return entry.expiresAtMs < nowMs
      }
    },
  },
  {
    what: 'looks at its own clock',
    rule: 'E9',
    Cache: class extends SoundEntryCache {
      protected override isDead(entry: Entry, nowMs: number): boolean {
        return super.isDead(entry, nowMs) && super.isDead(entry, Date.now())
      }
    },
  },
  {
    what: 'says that it removed what was not there',
    rule: 'E10',
    Cache: class extends SoundEntryCache {
      override remove(key: string): boolean {
        super.remove(key)
        return true
      }
    },
  },
  {
    what: 'does not clear all',
    rule: 'E10',
    Cache: class extends SoundEntryCache {
      override clear(): void {
        const [key] = this.entries.keys()
        if (key !== undefined) this.entries.delete(key)
      }
    },
  },
  {
    what: 'counts hits of expired entries',
    rule: 'E11',
    Cache: class extends SoundEntryCache {
      protected override isDead(entry: Entry, nowMs: number): boolean {
        const isDead = super.isDead(entry, nowMs)
        if (isDead) this.counts.hits += 1
        return isDead
      }
    },
  },
  {
    what: 'counts replacing as evicting',
    rule: 'E12',
    Cache: class extends SoundEntryCache {
      protected override replace(key: string): void {
        if (this.entries.delete(key)) this.counts.evictions += 1
      }
    },
  },
  {
    what: 'does not tell which evicted ones were fresh',
    rule: 'E12',
    Cache: class extends SoundEntryCache {
      protected override evict(nowMs: number): void {
        super.evict(nowMs)
        this.counts.evictedFresh = 0
      }
    },
  },
  {
    what: 'normalises keys',
    rule: 'E13',
    Cache: class extends SoundEntryCache {
      protected override name(key: string): string {
        return key.normalize()
      }
    },
  },
  {
    what: 'takes bytes that are not UTF-8 for one and the same',
    rule: 'E13',
    Cache: class extends SoundEntryCache {
      protected override name(key: string): string {
        return key.replaceAll(/\p{Surrogate}/gu, '\ufffd')
      }
    },
  },
  {
    what: 'shares its entries with all others',
    rule: 'E14',
    Cache: class extends SoundEntryCache {
      protected override entries = shared
      constructor(options: EntryCacheOptions) {
        super(options)
        if (options.maxBytes === 1000) shared.clear()
      }
    },
  },
  {
    what: 'wipes what leaves',
    rule: 'E15',
    Cache: class extends SoundEntryCache {
      protected override evict(nowMs: number): void {
        const [oldest] = this.entries.values()
        super.evict(nowMs)
        oldest?.value.fill(0)
      }
    },
  },
]
