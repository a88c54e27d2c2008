import type { Entry } from '../../group/entry.ts'
import type { EntryCache } from '../../group/entry-cache.ts'
import type { Checks } from '../assert.ts'
import type { RuleDefinition } from '../rule-cases.ts'
import { hostileKeys, numbered, textOf } from '../samples.ts'
import type { EntryCacheRule } from './entry-cache-rules.ts'
import { entryOf, wireEntry } from './group-samples.ts'

/** Opens a cache; `keepExpiredMs` is 0 if not said. */
export type OpenEntryCache = (maxBytes: number, keepExpiredMs?: number) => EntryCache

/** An entry whose value has so many bytes. */
function sized(byteLength: number, expiresAtMs?: number): Entry {
  return entryOf('v'.repeat(byteLength), expiresAtMs)
}

function textIn(entry: Entry | undefined): string {
  return textOf(entry?.value)
}

/** The cases of `entryCacheContract`. */
export const entryCacheCases: readonly RuleDefinition<EntryCacheRule, OpenEntryCache>[] = [
  {
    rule: 'E1',
    title: 'keys that are not there',
    prove(open, check) {
      const cache = open(1000)
      check.same('get() of an empty cache', cache.get('key', 0), undefined)
      cache.add('key', sized(1), 0)
      for (const key of ['', 'ke', 'key2', 'KEY']) check.same(`get() of ${key}`, cache.get(key, 0), undefined)
    },
  },
  {
    rule: 'E2',
    title: 'entries come back as they are',
    prove(open, check) {
      const cache = open(100_000)
      const all = Uint8Array.from({ length: 256 }, (_, index) => index)
      const samples: readonly (readonly [string, Entry])[] = [
        ['no bytes', sized(0)],
        ['all bytes', wireEntry(all, 0n)],
        ['a view', wireEntry(all.subarray(50, 60), 0n)],
        ['an expiry to the nanosecond', wireEntry(all, 1_700_000_000_123_456_789n)],
        ['the last expiry', wireEntry(all, 2n ** 63n - 1n)],
      ]
      for (const [what, entry] of samples) cache.add(what, entry, 0)
      for (const [what, entry] of samples) {
        const found = cache.get(what, 0)
        check.sameBytes(what, found?.value, entry.value)
        check.same(`${what}: expiresAtMs`, found?.expiresAtMs, entry.expiresAtMs)
        check.same(`${what}: expireNs`, found?.expireNs, entry.expireNs)
      }
    },
  },
  {
    rule: 'E3',
    title: 'replacing',
    prove(open, check) {
      const cache = open(1000)
      cache.add('key', entryOf('a long value', 1000), 0)
      cache.add('key', entryOf('new', 2000), 500)
      check.same('get() past the older expiry', textIn(cache.get('key', 1500)), 'new')
      cache.add('key', entryOf('forever'), 1500)
      check.same('get() past the second expiry', textIn(cache.get('key', 3000)), 'forever')
      cache.add('key', entryOf('short', 3100), 3000)
      check.same('get() past the last expiry', cache.get('key', 3101), undefined)
    },
  },
  {
    rule: 'E4',
    title: 'bytes and items',
    prove(open, check) {
      const cache = open(1000)
      const steps = [
        ['key1', 5, 9, 1],
        ['key2', 6, 19, 2],
        ['key1', 1, 15, 2],
        ['key2', 28, 37, 2],
        ['ü€\u{1f600}', 0, 46, 3],
        ['', 3, 49, 4],
      ] as const
      for (const [key, size, bytes, items] of steps) {
        cache.add(key, sized(size), 0)
        check.same(`bytes after ${size} under ${key}`, cache.stats().bytes, bytes)
        check.same(`items after ${size} under ${key}`, cache.stats().items, items)
      }
      cache.remove('key2')
      check.same('bytes after remove()', cache.stats().bytes, 17)
      cache.clear()
      check.same('bytes after clear()', cache.stats().bytes, 0)
      check.same('items after clear()', cache.stats().items, 0)
    },
  },
  {
    rule: 'E4',
    title: 'an expired entry that was asked for is no item any more',
    prove(open, check) {
      const cache = open(1000)
      cache.add('key', sized(5, 100), 0)
      cache.get('key', 101)
      check.same('bytes', cache.stats().bytes, 0)
      check.same('items', cache.stats().items, 0)
    },
  },
  {
    rule: 'E5',
    title: 'a flood of entries',
    prove(open, check) {
      for (const maxBytes of [50, 1000]) {
        const cache = open(maxBytes)
        for (let i = 0; i < 500; i++) {
          cache.add(`key${(i * 7) % 100}`, sized((i * 13) % 45, i % 3 === 0 ? i + 5 : undefined), i)
          const { bytes } = cache.stats()
          check.holds(`bytes after ${i + 1} entries`, bytes <= maxBytes, String(bytes), `at most ${maxBytes}`)
          checkSums(cache, check)
        }
      }
    },
  },
  {
    rule: 'E5',
    title: 'exactly as much as fits',
    prove(open, check) {
      const cache = open(100)
      const keys = numbered('k', 10)
      for (const key of keys) cache.add(key, sized(6), 0)
      check.sameKeys(
        'keys',
        keys.filter(key => cache.get(key, 0)),
        keys,
      )
      for (const key of keys) cache.add(key, sized(6), 0)
      check.sameKeys(
        'keys after replacing each',
        keys.filter(key => cache.get(key, 0)),
        keys,
      )
      cache.add('one more', sized(1), 0)
      const { bytes } = cache.stats()
      check.holds('bytes with one more', bytes <= 100, String(bytes), 'at most 100')
    },
  },
  {
    rule: 'E6',
    title: 'an oversized entry',
    prove(open, check) {
      const cache = open(20)
      cache.add('a', sized(9), 0)
      cache.add('b', sized(9), 0)
      cache.add('c', sized(20), 0)
      check.sameKeys(
        'keys',
        ['a', 'b', 'c'].filter(key => cache.get(key, 0)),
        ['a', 'b'],
      )
      check.same('rejected', cache.stats().rejected, 1)
      cache.add('a', sized(20), 0)
      check.sameKeys(
        'keys after a too was too large',
        ['a', 'b'].filter(key => cache.get(key, 0)),
        ['b'],
      )
      check.same('rejected then', cache.stats().rejected, 2)
      check.same('bytes then', cache.stats().bytes, 10)
      check.same('evictions then', cache.stats().evictions, 0)
    },
  },
  {
    rule: 'E7',
    title: 'tiny budgets and none',
    prove(open, check) {
      for (const maxBytes of [1, 7]) {
        const cache = open(maxBytes)
        cache.add('k', sized(maxBytes), 0)
        check.same(`get() of ${maxBytes + 1} bytes of ${maxBytes}`, cache.get('k', 0), undefined)
        cache.add('k', sized(maxBytes - 1), 0)
        check.same(`get() of ${maxBytes} bytes of ${maxBytes}`, textIn(cache.get('k', 0)), 'v'.repeat(maxBytes - 1))
      }
      for (const maxBytes of [0, -1]) {
        const cache = open(maxBytes)
        for (const key of ['', 'key']) {
          cache.add(key, sized(0), 0)
          check.same(`get() of ${key.length} bytes of ${maxBytes}`, cache.get(key, 0), undefined)
        }
        check.same(`items of ${maxBytes}`, cache.stats().items, 0)
      }
    },
  },
  {
    rule: 'E8',
    title: 'expiry to the millisecond, and the time after it',
    prove(open, check) {
      for (const keepExpiredMs of [0, 50]) {
        const cache = open(1000, keepExpiredMs)
        cache.add('key', entryOf('value', 1000), 0)
        const endMs = 1000 + keepExpiredMs
        for (const nowMs of [0, 999, 1000, endMs]) {
          check.same(`get() at ${nowMs}`, textIn(cache.get('key', nowMs)), 'value')
        }
        check.same(`get() at ${endMs + 1}`, cache.get('key', endMs + 1), undefined)
      }
      const cache = open(1000)
      cache.add('key', entryOf('value'), 0)
      check.same('get() of what never expires', textIn(cache.get('key', 1e15)), 'value')
    },
  },
  {
    rule: 'E9',
    title: 'times long ago and far ahead',
    prove(open, check) {
      for (const startMs of [-1e12, 0, 1e12, 8e15]) {
        const cache = open(1000)
        cache.add('key', entryOf('value', startMs + 10), startMs)
        check.same(`get() at ${startMs}`, textIn(cache.get('key', startMs + 10)), 'value')
        check.same(`get() after ${startMs}`, cache.get('key', startMs + 11), undefined)
      }
    },
  },
  {
    rule: 'E10',
    title: 'remove() and clear()',
    prove(open, check) {
      const cache = open(1000)
      for (const key of ['a', 'b', 'c']) cache.add(key, sized(1), 0)
      check.same('remove()', cache.remove('b'), true)
      check.same('remove() again', cache.remove('b'), false)
      check.same('remove() of what never was', cache.remove('d'), false)
      check.sameKeys(
        'keys',
        ['a', 'b', 'c'].filter(key => cache.get(key, 0)),
        ['a', 'c'],
      )
      cache.clear()
      check.sameKeys(
        'keys after clear()',
        ['a', 'b', 'c'].filter(key => cache.get(key, 0)),
        [],
      )
      check.same('remove() after clear()', cache.remove('a'), false)
      cache.add('a', sized(2), 0)
      check.same('get() of what was added after clear()', textIn(cache.get('a', 0)), 'vv')
    },
  },
  {
    rule: 'E11',
    title: 'gets and hits',
    prove(open, check) {
      const cache = open(1000, 10)
      cache.add('key', sized(1, 100), 0)
      cache.get('other', 0)
      cache.get('key', 0)
      cache.get('key', 105)
      cache.get('key', 111)
      cache.remove('key')
      check.same('gets', cache.stats().gets, 4)
      check.same('hits', cache.stats().hits, 2)
    },
  },
  {
    rule: 'E12',
    title: 'why entries went',
    prove(open, check) {
      const cache = open(20)
      cache.add('a', sized(9, 100), 0)
      cache.add('a', sized(8, 100), 0)
      cache.add('b', sized(9), 0)
      cache.remove('b')
      cache.add('c', sized(30), 0)
      cache.get('a', 101)
      check.same('evictions by replacing, removing, refusing and expiring', cache.stats().evictions, 0)
      check.same('evictedFresh by the same', cache.stats().evictedFresh, 0)
      check.same('expired', cache.stats().expired, 1)
      cache.add('d', sized(9), 200)
      cache.add('e', sized(9), 200)
      cache.add('f', sized(19), 200)
      const { evictions, evictedFresh, items } = cache.stats()
      check.same('evictions by room for all', [evictions, items].join(), items === 1 ? '2,1' : '1,2')
      check.same('evictedFresh by the same', evictedFresh, evictions)
    },
  },
  {
    rule: 'E13',
    title: 'hostile keys',
    prove(open, check) {
      const cache = open(1_000_000)
      const keys = [...hostileKeys, '', '\udc80', '\udcff', '\udcff\udcfe', 'é', 'e\u0301', 'É']
      for (const key of keys) check.same('get() of a key that was not added', cache.get(key, 0), undefined)
      for (const key of keys) cache.add(key, entryOf(JSON.stringify(key)), 0)
      for (const key of keys) check.same('get()', textIn(cache.get(key, 0)), JSON.stringify(key))
      check.same('items', cache.stats().items, keys.length)
      for (const key of keys) check.same('remove()', cache.remove(key), true)
      check.same('items after all were removed', cache.stats().items, 0)
    },
  },
  {
    rule: 'E14',
    title: 'two caches',
    prove(open, check) {
      const [a, b] = [open(1000), open(10)]
      a.add('key', sized(100), 0)
      check.same('get() of the other', b.get('key', 0), undefined)
      b.clear()
      check.same('get() after clear() of the other', textIn(a.get('key', 0)), 'v'.repeat(100))
      check.same('gets', a.stats().gets, 1)
    },
  },
  {
    rule: 'E15',
    title: 'bytes of entries that are gone',
    prove(open, check) {
      const cache = open(20)
      const entries = Array.from({ length: 9 }, (_, index) => sized(9, index === 0 ? 1 : undefined))
      for (const [index, entry] of entries.entries()) cache.add(`${index % 8}`, entry, index)
      cache.add('0', sized(30), 9)
      cache.remove('7')
      cache.clear()
      for (const entry of entries) check.same('bytes', textIn(entry), 'v'.repeat(9))
    },
  },
]

/** What every entry count must agree with. */
function checkSums(cache: EntryCache, check: Checks): void {
  const { evictions, evictedFresh, hits, gets } = cache.stats()
  check.holds('evictedFresh', evictedFresh <= evictions, String(evictedFresh), `at most the ${evictions} evictions`)
  check.holds('hits', hits <= gets, String(hits), `at most the ${gets} gets`)
}
