import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entry, entryUntil, isExpired } from '../../src/group/entry.ts'
import type { EntryCache, EntryCacheStats } from '../../src/group/entry-cache.ts'
import { keyFromBytes } from '../../src/group/group-key.ts'
import { LruCache } from '../../src/group/lru-cache.ts'

// COLDSNAP_RUNS=20 makes every property run 20 times as many samples.
const factor = Number(process.env['COLDSNAP_RUNS'] ?? 1)

const entry = (text: string, expiresAtMs = Number.POSITIVE_INFINITY): Entry =>
  entryUntil(new TextEncoder().encode(text), expiresAtMs)
const sized = (byteLength: number, expiresAtMs?: number): Entry => entry('v'.repeat(byteLength), expiresAtMs)
const open = (maxBytes: number, keepExpiredMs = 0): LruCache => new LruCache({ maxBytes, keepExpiredMs })
const textOf = (found: Entry | undefined): string | undefined => found && new TextDecoder().decode(found.value)

describe('LruCache', () => {
  it('reports its size exactly, also after replacements', () => {
    const cache = open(1000)
    const sizes: number[] = []
    for (const [key, value] of [
      ['key1', 'value'],
      ['key2', 'value2'],
      ['key1', 'v'],
      ['key2', 'a value of 23 bytes...'.padEnd(28, '.')],
    ] as const) {
      cache.add(key, entry(value), 0)
      sizes.push(cache.stats().bytes)
    }
    // The third replaces 9 bytes by 5, the fourth 10 by 32.
    expect(sizes).toEqual([9, 19, 15, 37])
    expect(cache.stats().evictions).toBe(0)
  })

  it('counts keys by their UTF-8, and bytes that are not UTF-8 as one each', () => {
    const cache = open(1000)
    cache.add('ü€😀', sized(0), 0)
    expect(cache.stats().bytes).toBe(9)
    const raw = keyFromBytes(Uint8Array.of(0xff, 0xfe, 65))
    cache.add(raw, sized(2), 0)
    expect(cache.stats().bytes).toBe(14)
    expect(textOf(cache.get(raw, 0))).toBe('vv')
  })

  it('replaces the value and its expiry', () => {
    const cache = open(100)
    cache.add('key', entry('old', 1000), 0)
    cache.add('key', entry('new', 2000), 500)
    expect(textOf(cache.get('key', 1500))).toBe('new')
    expect(cache.get('key', 2001)).toBeUndefined()
    expect(cache.stats()).toMatchObject({ items: 0, bytes: 0, evictions: 0, expired: 1 })
  })

  it('gets what is there, and counts gets and hits', () => {
    const cache = open(100)
    const given = entry('value')
    cache.add('key', given, 0)
    expect(cache.get('key', 0)).toBe(given)
    expect(cache.get('other', 0)).toBeUndefined()
    expect(cache.stats()).toMatchObject({ gets: 2, hits: 1 })
  })

  it('evicts the first two of 22 entries where 20 fit', () => {
    const keys = Array.from({ length: 22 }, (_, index) => `key${String(index).padStart(2, '0')}`)
    const cache = open(20 * 10)
    for (const key of keys) cache.add(key, sized(5), 0)
    expect(keys.filter(key => cache.get(key, 0) === undefined)).toEqual(['key00', 'key01'])
    expect(cache.stats()).toMatchObject({ items: 20, bytes: 200, evictions: 2, evictedFresh: 2, expired: 0 })
  })

  it('adding evicts old ones; getting or replacing an entry makes it the newest', () => {
    const cache = open(30)
    for (const key of ['a', 'b', 'c']) cache.add(key, sized(9), 0)
    cache.get('a', 0)
    cache.add('b', sized(9), 0)
    cache.add('d', sized(9), 0)
    expect(['a', 'b', 'c', 'd'].filter(key => cache.get(key, 0))).toEqual(['a', 'b', 'd'])
    cache.add('e', sized(19), 0)
    expect(['a', 'b', 'c', 'd', 'e'].filter(key => cache.get(key, 0))).toEqual(['d', 'e'])
  })

  it('an entry expires after its instant, and can be had as stale for the time to keep it', () => {
    const cache = open(100, 50)
    cache.add('key', entry('value', 1000), 0)
    for (const nowMs of [999, 1000, 1001, 1050]) expect(textOf(cache.get('key', nowMs))).toBe('value')
    expect(cache.stats()).toMatchObject({ gets: 4, hits: 4, expired: 0 })
    expect(cache.get('key', 1050.001)).toBeUndefined()
    expect(cache.stats()).toMatchObject({ gets: 5, hits: 4, items: 0, bytes: 0, expired: 1, evictions: 0 })
  })

  it('keeps expired ones for ever if told so', () => {
    const cache = open(10, Number.POSITIVE_INFINITY)
    cache.add('key', entry('value', 1000), 0)
    expect(textOf(cache.get('key', 1e15))).toBe('value')
    cache.add('new', sized(7), 1e15)
    expect(cache.stats()).toMatchObject({ items: 1, evictions: 1, evictedFresh: 0, expired: 0 })
  })

  it('makes room with what is dead first, however recently it was used', () => {
    const cache = open(40)
    cache.add('a', sized(9), 0)
    cache.add('b', sized(9, 100), 0)
    cache.add('c', sized(9), 0)
    cache.add('d', sized(9, 50), 0)
    cache.get('b', 100)
    cache.add('e', sized(9), 101)
    // The one that expired first, then the next.
    expect(cache.stats()).toMatchObject({ items: 4, evictions: 1, evictedFresh: 0, expired: 1 })
    cache.add('f', sized(9), 101)
    expect(['a', 'c', 'e', 'f'].every(key => cache.get(key, 101))).toBe(true)
    expect(cache.stats()).toMatchObject({ items: 4, bytes: 40, evictions: 2, evictedFresh: 0, expired: 2 })
  })

  it('an entry over the whole budget is refused and evicts nothing but the older one of its key', () => {
    const cache = open(20)
    cache.add('a', sized(9), 0)
    cache.add('b', sized(9), 0)
    cache.add('c', sized(20), 0)
    expect(cache.stats()).toMatchObject({ items: 2, bytes: 20, rejected: 1, evictions: 0 })
    cache.add('a', sized(20), 0)
    expect(cache.get('a', 0)).toBeUndefined()
    expect(textOf(cache.get('b', 0))).toBe('v'.repeat(9))
    expect(cache.stats()).toMatchObject({ items: 1, bytes: 10, rejected: 2, evictions: 0 })
    cache.add('d', sized(19), 0)
    expect(cache.stats()).toMatchObject({ items: 1, bytes: 20, rejected: 2, evictions: 1 })
  })

  it('takes tiny limits literally, and keeps nothing without a budget', () => {
    for (const maxBytes of [1, 7]) {
      const cache = open(maxBytes)
      cache.add('k', sized(maxBytes), 0)
      expect(cache.stats()).toMatchObject({ items: 0, bytes: 0, rejected: 1 })
      cache.add('k', sized(maxBytes - 1), 0)
      expect(cache.stats()).toMatchObject({ items: 1, bytes: maxBytes })
    }
    for (const maxBytes of [0, -1]) {
      const cache = open(maxBytes)
      cache.add('', sized(0), 0)
      expect(cache.get('', 0)).toBeUndefined()
      expect(cache.stats()).toMatchObject({ items: 0, rejected: 1 })
    }
  })

  it('removes, tells whether it was there, and clears', () => {
    const cache = open(100)
    cache.add('a', sized(1), 0)
    cache.add('b', sized(1, 5), 0)
    expect([cache.remove('b'), cache.remove('b')]).toEqual([true, false])
    expect(cache.stats()).toMatchObject({ items: 1, bytes: 2 })
    cache.clear()
    expect([cache.get('a', 0), cache.remove('a')]).toEqual([undefined, false])
    cache.add('c', sized(98, 3), 0)
    cache.add('d', sized(99), 4)
    expect(cache.stats()).toMatchObject({ items: 1, bytes: 100, evictions: 1, expired: 1 })
  })

  it('refuses wrong options', () => {
    expect(() => open(1.5)).toThrow(RangeError)
    expect(() => open(1, -1)).toThrow(RangeError)
    expect(() => open(1, Number.NaN)).toThrow(RangeError)
    expect(() => new LruCache({ maxBytes: '1', keepExpiredMs: 0 } as never)).toThrow(TypeError)
    expect(() => new LruCache({ maxBytes: 1, keepExpiredMs: 0, ttl: 1 } as never)).toThrow(/Unknown option ttl/)
  })
})

/** The same in the plainest way: an array, the newest last. */
class NaiveCache implements EntryCache {
  readonly #maxBytes: number
  readonly #keepExpiredMs: number
  #items: { key: string; entry: Entry }[] = []
  #counts = { rejected: 0, gets: 0, hits: 0, evictions: 0, evictedFresh: 0, expired: 0 }

  constructor(maxBytes: number, keepExpiredMs: number) {
    this.#maxBytes = maxBytes
    this.#keepExpiredMs = keepExpiredMs
  }

  get(key: string, nowMs: number): Entry | undefined {
    this.#counts.gets += 1
    const found = this.#items.find(item => item.key === key)
    if (found === undefined) return undefined
    this.remove(key)
    if (this.#isDead(found.entry, nowMs)) {
      this.#counts.expired += 1
      return undefined
    }
    this.#items.push(found)
    this.#counts.hits += 1
    return found.entry
  }

  add(key: string, added: Entry, nowMs: number): void {
    this.remove(key)
    const size = Buffer.byteLength(key) + added.value.byteLength
    if (this.#maxBytes <= 0 || size > this.#maxBytes) {
      this.#counts.rejected += 1
      return
    }
    while (this.#bytes() + size > this.#maxBytes) {
      const dead = this.#items.filter(item => this.#isDead(item.entry, nowMs))
      dead.sort((a, b) => a.entry.expiresAtMs - b.entry.expiresAtMs)
      const leaving = dead[0] ?? this.#items[0]!
      this.remove(leaving.key)
      this.#counts.evictions += 1
      if (dead.length > 0) this.#counts.expired += 1
      else if (!isExpired(leaving.entry, nowMs)) this.#counts.evictedFresh += 1
    }
    this.#items.push({ key, entry: added })
  }

  remove(key: string): boolean {
    const before = this.#items.length
    this.#items = this.#items.filter(item => item.key !== key)
    return this.#items.length < before
  }

  clear(): void {
    this.#items = []
  }

  stats(): EntryCacheStats {
    return { ...this.#counts, bytes: this.#bytes(), items: this.#items.length }
  }

  keys(): string[] {
    return this.#items.map(({ key }) => key)
  }

  #bytes(): number {
    return this.#items.reduce((sum, { key, entry: { value } }) => sum + Buffer.byteLength(key) + value.byteLength, 0)
  }

  #isDead(item: Entry, nowMs: number): boolean {
    return item.expiresAtMs + this.#keepExpiredMs < nowMs
  }
}

it('does the same as the plainest cache, call for call', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'ü', 'key', '')
  // All expiries differ: which of two that expire at once goes first is not said.
  const step = fc.record({
    kind: fc.constantFrom(
      'add' as const,
      'add' as const,
      'add' as const,
      'get' as const,
      'remove' as const,
      'clear' as const,
    ),
    key,
    size: fc.oneof({ weight: 9, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: fc.nat(60) }),
    lifeMs: fc.option(fc.nat(40), { nil: undefined }),
    passMs: fc.nat(9),
  })
  const options = { maxBytes: fc.integer({ min: -1, max: 50 }), keepExpiredMs: fc.constantFrom(0, 5, 20) }
  const property = fc.property(
    fc.record(options),
    fc.array(step, { maxLength: 150 }),
    ({ maxBytes, keepExpiredMs }, steps) => {
      const cache = open(maxBytes, keepExpiredMs)
      const naive = new NaiveCache(maxBytes, keepExpiredMs)
      let nowMs = 1000
      steps.forEach(({ kind, key: at, size, lifeMs, passMs }, index) => {
        nowMs += passMs
        if (kind === 'add') {
          const added = sized(size, lifeMs === undefined ? undefined : nowMs + lifeMs + index / 1000)
          for (const each of [cache, naive]) each.add(at, added, nowMs)
        } else if (kind === 'get') expect(cache.get(at, nowMs)).toBe(naive.get(at, nowMs))
        else if (kind === 'remove') expect(cache.remove(at)).toBe(naive.remove(at))
        else if (index % 10 === 0) for (const each of [cache, naive]) each.clear()
        expect(cache.stats()).toEqual(naive.stats())
        expect(cache.stats().bytes).toBeLessThanOrEqual(Math.max(0, maxBytes))
      })
      for (const each of naive.keys()) expect(cache.get(each, 0)).toBe(naive.get(each, 0))
    },
  )
  fc.assert(property, { numRuns: 300 * factor })
})
