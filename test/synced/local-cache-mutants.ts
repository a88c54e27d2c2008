import type { LocalCacheRule } from '../../src/contract/synced/local-cache-contract.ts'
import type { LocalCache, LocalCacheOptions, LocalCacheStats, LocalEntry } from '../../src/synced/local-cache.ts'
import { SoundLocalCache } from './sound-local-cache.ts'

/** A cache that breaks `rule`. */
export interface LocalCacheMutant {
  readonly what: string
  readonly rule: LocalCacheRule
  readonly Cache: new <E extends LocalEntry>(maxBytes: number, options: LocalCacheOptions<E>) => LocalCache<E>
}

const shared = new Map<string, LocalEntry>()

export const localCacheMutants: readonly LocalCacheMutant[] = [
  {
    what: 'gives out copies',
    rule: 'L1',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override get(key: string): E | undefined {
        const entry = super.get(key)
        return entry && { ...entry }
      }
    },
  },
  {
    what: 'looks by get() alone',
    rule: 'L1',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override peek(): E | undefined {
        return undefined
      }
    },
  },
  {
    what: 'keeps the first entry of a key',
    rule: 'L2',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override set(key: string, entry: E): void {
        if (!this.entries.has(key)) super.set(key, entry)
      }
    },
  },
  {
    what: 'says that every delete took something',
    rule: 'L3',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override delete(key: string): boolean {
        super.delete(key)
        return true
      }
    },
  },
  {
    what: 'keeps one entry when cleared',
    rule: 'L3',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override clear(): void {
        for (const key of [...this.entries.keys()].slice(1)) this.entries.delete(key)
      }
    },
  },
  {
    what: 'counts capacity for size',
    rule: 'L4',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override stats(): LocalCacheStats {
        return { ...super.stats(), bytes: this.maxBytes }
      }
    },
  },
  {
    what: 'makes room after it is over the budget',
    rule: 'L5',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override set(key: string, entry: E): void {
        this.entries.delete(key)
        if (entry.byteLength > this.maxBytes) return
        while (this.bytes() > this.maxBytes) this.evict([...this.entries.keys()][0]!)
        this.entries.set(key, entry)
      }
    },
  },
  {
    what: 'leaves a tenth unused',
    rule: 'L5',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      constructor(maxBytes: number, options: LocalCacheOptions<E>) {
        super(Math.floor(maxBytes * 0.9), options)
      }
    },
  },
  {
    what: 'empties itself for what is too large',
    rule: 'L6',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override set(key: string, entry: E): void {
        if (entry.byteLength > this.maxBytes) this.clear()
        super.set(key, entry)
      }
    },
  },
  {
    what: 'keeps the older entry of what is too large',
    rule: 'L6',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override set(key: string, entry: E): void {
        const older = this.entries.get(key)
        super.set(key, entry)
        if (entry.byteLength > this.maxBytes && older !== undefined) this.entries.set(key, older)
      }
    },
  },
  {
    what: 'tells of replaced entries',
    rule: 'L7',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override set(key: string, entry: E): void {
        const older = this.entries.get(key)
        super.set(key, entry)
        if (older !== undefined) this.options.onEvict(key, older)
      }
    },
  },
  {
    what: 'tells nobody',
    rule: 'L7',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      constructor(maxBytes: number, options: LocalCacheOptions<E>) {
        super(maxBytes, { ...options, onEvict: () => undefined })
      }
    },
  },
  {
    what: 'compares keys without case',
    rule: 'L8',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      override peek(key: string): E | undefined {
        return super.peek(key.toLowerCase())
      }
      override get(key: string): E | undefined {
        return super.get(key.toLowerCase())
      }
      override set(key: string, entry: E): void {
        super.set(key.toLowerCase(), entry)
      }
      override delete(key: string): boolean {
        return super.delete(key.toLowerCase())
      }
    },
  },
  {
    what: 'shares its entries with all others',
    rule: 'L9',
    Cache: class<E extends LocalEntry> extends SoundLocalCache<E> {
      protected override entries = shared as Map<string, E>
    },
  },
]
