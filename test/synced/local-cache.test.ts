import fc from 'fast-check'
import { LRUCache } from 'lru-cache'
import { describe, expect, it } from 'vitest'
import { localCacheContract, localCacheRules } from '../../src/contract/synced/local-cache-contract.ts'
import type { LocalCache, LocalCacheFactory, LocalEntry } from '../../src/synced/local-cache.ts'
import { lru } from '../../src/synced/lru.ts'
import { tinyLfu } from '../../src/synced/tiny-lfu.ts'
import { failedRules, runCases } from '../contract/run-cases.ts'
import { localCacheMutants } from './local-cache-mutants.ts'
import { SoundLocalCache } from './sound-local-cache.ts'

const factories = { lru, tinyLfu }

for (const [name, make] of Object.entries(factories)) {
  runCases(
    name,
    localCacheContract(maxBytes => make({ maxBytes })),
  )
}

const sound =
  (maxBytes: number): LocalCacheFactory =>
  options =>
    new SoundLocalCache(maxBytes, options)

describe('localCacheContract', () => {
  runCases('the cache that mutants are made from', localCacheContract(sound))

  for (const { what, rule, Cache } of localCacheMutants) {
    it(`${rule} bites a cache that ${what}`, async () => {
      const failed = await failedRules(localCacheContract(maxBytes => options => new Cache(maxBytes, options)))
      expect(failed.get(rule)).toMatch(`Error: ${rule} `)
    })
  }

  it('every rule bites at least one of them, and has cases in its order', () => {
    expect(new Set(localCacheMutants.map(({ rule }) => rule))).toEqual(new Set(Object.keys(localCacheRules)))
    expect([...new Set(localCacheContract(sound).map(({ id }) => id))]).toEqual(Object.keys(localCacheRules))
  })

  it('refuses wrong options', () => {
    expect(() => localCacheContract(sound, { skips: {} } as never)).toThrow(/Unknown option skips/)
    expect(() => localCacheContract({} as never)).toThrow(TypeError)
  })
})

interface Sized extends LocalEntry {
  readonly id: number
}

const open = (factory: LocalCacheFactory): LocalCache<Sized> => factory<Sized>({ onEvict() {} })
const sized = (byteLength: number): Sized => ({ byteLength, id: 0 })

describe('C15: what stays', () => {
  it('lru() holds exactly what the library lru-cache holds', () => {
    const step = fc.record({
      kind: fc.constantFrom('get', 'peek', 'set', 'delete', 'set'),
      key: fc.integer({ min: 0, max: 12 }).map(String),
      size: fc.integer({ min: 1, max: 30 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const ours = open(lru({ maxBytes: 100 }))
        const theirs = new LRUCache<string, Sized>({ maxSize: 100, sizeCalculation: ({ byteLength }) => byteLength })
        for (const { kind, key, size } of steps) {
          const entry = sized(size)
          if (kind === 'set') {
            ours.set(key, entry)
            theirs.set(key, entry)
          } else if (kind === 'delete') expect(ours.delete(key)).toBe(theirs.delete(key))
          else expect(ours[kind as 'get' | 'peek'](key)).toBe(theirs[kind as 'get' | 'peek'](key))
          expect(ours.stats()).toMatchObject({ bytes: theirs.calculatedSize, items: theirs.size })
        }
      }),
    )
  })

  it('lru() of n holds the n used last', () => {
    const cache = open(lru({ maxBytes: 100 }))
    for (let i = 0; i < 50; i++) {
      cache.set(`k${i}`, sized(10))
      cache.get('k0')
    }
    const there = Array.from({ length: 50 }, (_, i) => `k${i}`).filter(key => cache.peek(key) !== undefined)
    expect(there).toEqual(['k0', ...Array.from({ length: 9 }, (_, i) => `k${41 + i}`)])
  })

  it('tinyLfu() keeps hot keys under a scan, where lru() loses them', () => {
    const kept = (factory: LocalCacheFactory): number => {
      const cache = open(factory)
      const hot = Array.from({ length: 50 }, (_, i) => `hot${i}`)
      const use = (key: string): void => {
        if (cache.get(key) === undefined) cache.set(key, sized(100))
      }
      for (let round = 0; round < 5; round++) hot.forEach(use)
      for (let i = 0; i < 20_000; i++) use(`scan${i}`)
      return hot.filter(key => cache.peek(key) !== undefined).length
    }
    expect(kept(tinyLfu({ maxBytes: 10_000 }))).toBeGreaterThan(45)
    expect(kept(lru({ maxBytes: 10_000 }))).toBe(0)
  })

  it('tinyLfu() follows when other keys become hot', () => {
    const cache = open(tinyLfu({ maxBytes: 10_000 }))
    const use = (key: string): void => {
      if (cache.get(key) === undefined) cache.set(key, sized(100))
    }
    for (let i = 0; i < 5_000; i++) use(`old${i % 90}`)
    for (let i = 0; i < 20_000; i++) use(`new${i % 90}`)
    const there = Array.from({ length: 90 }, (_, i) => `new${i}`).filter(key => cache.peek(key) !== undefined)
    expect(there.length).toBeGreaterThan(80)
  })

  it('tinyLfu() answers more of a skewed load than lru()', () => {
    const hits = (factory: LocalCacheFactory): number => {
      const cache = open(factory)
      let state = 7
      let found = 0
      for (let i = 0; i < 60_000; i++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        // Keys of Zipf's law with exponent 1, near enough.
        const key = String(Math.floor(10_000 ** (state / 2 ** 32)))
        if (cache.get(key) !== undefined) found++
        else cache.set(key, sized(100))
      }
      return found
    }
    expect(hits(tinyLfu({ maxBytes: 20_000 }))).toBeGreaterThan(hits(lru({ maxBytes: 20_000 })) * 1.05)
  })

  it('tinyLfu() does not give up many small ones for one that is large', () => {
    const cache = open(tinyLfu({ maxBytes: 10_000 }))
    for (let i = 0; i < 100; i++) {
      cache.set(`k${i}`, sized(100))
      cache.get(`k${i}`)
    }
    cache.set('large', sized(5_000))
    cache.set('next', sized(1))
    expect(cache.peek('large')).toBeUndefined()
    expect(cache.stats().items).toBeGreaterThanOrEqual(100)
  })

  it.each(Object.entries(factories))('%s() refuses budgets that are none', (_, make) => {
    expect(() => make({ maxBytes: -1 })).toThrow(RangeError)
    expect(() => make({} as never)).toThrow(TypeError)
    expect(() => make({ maxBytes: 1, max: 2 } as never)).toThrow(/Unknown option max/)
  })
})
