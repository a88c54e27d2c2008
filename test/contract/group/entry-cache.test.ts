import { describe, expect, it } from 'vitest'
import { entryCacheContract } from '../../../src/contract/group/entry-cache-contract.ts'
import { type EntryCacheRule, entryCacheRules } from '../../../src/contract/group/entry-cache-rules.ts'
import type { Entry } from '../../../src/group/entry.ts'
import type { EntryCache, EntryCacheOptions, EntryCacheStats } from '../../../src/group/entry-cache.ts'
import { keyByteLength } from '../../../src/group/group-key.ts'
import { LruCache } from '../../../src/group/lru-cache.ts'
import { failedRules, runCases } from '../run-cases.ts'

runCases(
  'LruCache',
  entryCacheContract(options => new LruCache(options)),
)

/** A cache that keeps every rule, cut into small steps so that a mutant breaks one of them. */
class SoundCache implements EntryCache {
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

interface Mutant {
  readonly what: string
  readonly rule: EntryCacheRule
  readonly Cache: new (options: EntryCacheOptions) => EntryCache
}

const shared = new Map<string, Entry>()

const mutants: readonly Mutant[] = [
  {
    what: 'answers the entry that was added last for any key',
    rule: 'E1',
    Cache: class extends SoundCache {
      override get(key: string, nowMs: number): Entry | undefined {
        return super.get(key, nowMs) ?? [...this.entries.values()].at(-1)
      }
    },
  },
  {
    what: 'derives the nanoseconds from milliseconds',
    rule: 'E2',
    Cache: class extends SoundCache {
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
    Cache: class extends SoundCache {
      protected override keep(entry: Entry): Entry {
        return { ...entry, value: new Uint8Array(entry.value.buffer) }
      }
    },
  },
  {
    what: 'keeps the first expiry of a key',
    rule: 'E3',
    Cache: class extends SoundCache {
      override add(key: string, entry: Entry, nowMs: number): void {
        const { expiresAtMs } = this.entries.get(key) ?? entry
        super.add(key, { ...entry, expiresAtMs }, nowMs)
      }
    },
  },
  {
    what: 'counts keys by their units',
    rule: 'E4',
    Cache: class extends SoundCache {
      protected override size(key: string, { value }: Entry): number {
        return key.length + value.byteLength
      }
    },
  },
  {
    what: 'counts values only',
    rule: 'E4',
    Cache: class extends SoundCache {
      protected override size(_: string, { value }: Entry): number {
        return value.byteLength
      }
    },
  },
  {
    what: 'leaves expired entries where they are',
    rule: 'E4',
    Cache: class extends SoundCache {
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
    Cache: class extends SoundCache {
      protected override limit(): number {
        return this.maxBytes + 10
      }
    },
  },
  {
    what: 'leaves a part of its budget empty',
    rule: 'E5',
    Cache: class extends SoundCache {
      protected override limit(): number {
        return this.maxBytes < 50 ? this.maxBytes : this.maxBytes - 1
      }
    },
  },
  {
    what: 'throws all away for an oversized entry',
    rule: 'E6',
    Cache: class extends SoundCache {
      protected override refuse(): void {
        super.refuse()
        this.entries.clear()
      }
    },
  },
  {
    what: 'keeps the older entry where the new one is too large',
    rule: 'E6',
    Cache: class extends SoundCache {
      override add(key: string, entry: Entry, nowMs: number): void {
        if (this.isOversized(this.size(key, entry))) this.refuse()
        else super.add(key, entry, nowMs)
      }
    },
  },
  {
    what: 'does not count what it refuses',
    rule: 'E6',
    Cache: class extends SoundCache {
      protected override refuse(): void {}
    },
  },
  {
    what: 'takes no budget for no limit',
    rule: 'E7',
    Cache: class extends SoundCache {
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
    Cache: class extends SoundCache {
      protected override isOversized(size: number): boolean {
        return size > Math.floor(this.maxBytes / 8) * 8
      }
    },
  },
  {
    what: 'keeps an empty entry without a budget',
    rule: 'E7',
    Cache: class extends SoundCache {
      protected override isOversized(size: number): boolean {
        return size > this.maxBytes
      }
    },
  },
  {
    what: 'expires at the instant itself',
    rule: 'E8',
    Cache: class extends SoundCache {
      protected override isDead(entry: Entry, nowMs: number): boolean {
        return entry.expiresAtMs + this.keepExpiredMs <= nowMs
      }
    },
  },
  {
    what: 'does not keep what is expired',
    rule: 'E8',
    Cache: class extends SoundCache {
      protected override isDead(entry: Entry, nowMs: number): boolean {
        return entry.expiresAtMs < nowMs
      }
    },
  },
  {
    what: 'looks at its own clock',
    rule: 'E9',
    Cache: class extends SoundCache {
      protected override isDead(entry: Entry, nowMs: number): boolean {
        return super.isDead(entry, nowMs) && super.isDead(entry, Date.now())
      }
    },
  },
  {
    what: 'says that it removed what was not there',
    rule: 'E10',
    Cache: class extends SoundCache {
      override remove(key: string): boolean {
        super.remove(key)
        return true
      }
    },
  },
  {
    what: 'does not clear all',
    rule: 'E10',
    Cache: class extends SoundCache {
      override clear(): void {
        const [key] = this.entries.keys()
        if (key !== undefined) this.entries.delete(key)
      }
    },
  },
  {
    what: 'counts hits of expired entries',
    rule: 'E11',
    Cache: class extends SoundCache {
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
    Cache: class extends SoundCache {
      protected override replace(key: string): void {
        if (this.entries.delete(key)) this.counts.evictions += 1
      }
    },
  },
  {
    what: 'does not tell which evicted ones were fresh',
    rule: 'E12',
    Cache: class extends SoundCache {
      protected override evict(nowMs: number): void {
        super.evict(nowMs)
        this.counts.evictedFresh = 0
      }
    },
  },
  {
    what: 'normalises keys',
    rule: 'E13',
    Cache: class extends SoundCache {
      protected override name(key: string): string {
        return key.normalize()
      }
    },
  },
  {
    what: 'takes bytes that are not UTF-8 for one and the same',
    rule: 'E13',
    Cache: class extends SoundCache {
      protected override name(key: string): string {
        return key.replaceAll(/\p{Surrogate}/gu, '\ufffd')
      }
    },
  },
  {
    what: 'shares its entries with all others',
    rule: 'E14',
    Cache: class extends SoundCache {
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
    Cache: class extends SoundCache {
      protected override evict(nowMs: number): void {
        const [oldest] = this.entries.values()
        super.evict(nowMs)
        oldest?.value.fill(0)
      }
    },
  },
]

describe('entryCacheContract', () => {
  runCases(
    'the cache that mutants are made from',
    entryCacheContract(options => new SoundCache(options)),
  )

  for (const { what, rule, Cache } of mutants) {
    it(`${rule} bites a cache that ${what}`, async () => {
      const failed = await failedRules(entryCacheContract(options => new Cache(options)))
      expect(failed.get(rule)).toMatch(`Error: ${rule} `)
    })
  }

  it('every rule bites at least one of them, and has cases in its order', () => {
    expect(new Set(mutants.map(({ rule }) => rule))).toEqual(new Set(Object.keys(entryCacheRules)))
    const cases = entryCacheContract(options => new SoundCache(options))
    expect([...new Set(cases.map(({ id }) => id))]).toEqual(Object.keys(entryCacheRules))
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
  })

  it('leaves rules out with a reason, and refuses wrong options', async () => {
    const open = (): EntryCache => {
      throw new Error('opened')
    }
    const cases = entryCacheContract(open, { skip: { E15: 'wipes' } })
    const last = cases.at(-1)
    expect(last).toMatchObject({ id: 'E15', skipped: 'wipes' })
    expect(last?.title).toMatch(/ \(skipped: wipes\)$/)
    const notes: string[] = []
    await last?.run({ skip: note => notes.push(note) })
    expect(notes).toEqual(['wipes'])
    await expect(cases[0]?.run()).rejects.toThrow('E1 keys that are not there: found Error: opened, wanted success')
    expect(() => entryCacheContract(open, { skip: { E99: 'why' } } as never)).toThrow(/E99/)
    expect(() => entryCacheContract(open, { skip: { E1: ' ' } })).toThrow(/reason for E1/)
    expect(() => entryCacheContract(open, { skips: {} } as never)).toThrow(/Unknown option skips/)
    expect(() => entryCacheContract({} as never)).toThrow(TypeError)
  })
})
