import type { LocalCache, LocalCacheFactory, LocalEntry } from '../../synced/local-cache.ts'
import type { Checks } from '../assert.ts'
import { bindRules, type RuleCase, type RuleDefinition, type RuleOptions } from '../rule-cases.ts'

/** What every {@link LocalCache} promises: rule id to sentence. Ids are stable within a major version. */
export const localCacheRules = {
  L1: 'get() and peek() bring the entry that was set, itself; undefined where there is none.',
  L2: 'set() replaces, and takes the size of the new entry.',
  L3: 'delete() takes one key and tells whether it was there; clear() takes all.',
  L4: 'stats().bytes is the sum of the sizes held now, stats().items their number.',
  L5: 'The budget is never exceeded, and while everything fits everything stays.',
  L6: 'An entry larger than the budget is refused: it evicts nothing, but an older one of its key goes.',
  L7: 'onEvict is told once of each entry that leaves or is refused for the budget, after it has gone, and of no other; stats().evictions counts them.',
  L8: 'No key is special, and keys are compared unit by unit.',
  L9: 'Caches of one factory have nothing in common.',
} as const

/** The id of a rule of {@link localCacheRules}. */
export type LocalCacheRule = keyof typeof localCacheRules

interface Sized extends LocalEntry {
  readonly id: number
}

interface Tools {
  readonly makeFactory: (maxBytes: number) => LocalCacheFactory
  /** A cache with a budget. */
  readonly open: (maxBytes: number, onEvict?: (key: string, entry: Sized) => void) => LocalCache<Sized>
}

/**
 * The contract of {@link LocalCache} as data, for any test runner. `makeFactory` gives the factory for a budget. A whole test
 * file is
 *
 *     for (const { title, run } of localCacheContract(maxBytes => lru({ maxBytes }))) test(title, run)
 *
 * Which entries leave for the budget is not part of it. A wrong option is a TypeError at once; a broken rule is an Error of `run`.
 */
export function localCacheContract(
  makeFactory: (maxBytes: number) => LocalCacheFactory,
  options: RuleOptions<LocalCacheRule> = {},
): readonly RuleCase<LocalCacheRule>[] {
  if (typeof makeFactory !== 'function')
    throw new TypeError(`makeFactory must be a function, received ${typeof makeFactory}`)
  for (const name of Object.keys(options)) {
    if (name !== 'skip') throw new TypeError(`Unknown option ${name}; the options are skip`)
  }
  const open: Tools['open'] = (maxBytes, onEvict = () => undefined) => makeFactory(maxBytes)<Sized>({ onEvict })
  return bindRules(localCacheRules, cases, options.skip, prove => prove({ makeFactory, open }))
}

let made = 0

function sized(byteLength: number): Sized {
  made += 1
  return { byteLength, id: made }
}

/** Steps that are the same in each run, of sets, gets and deletes under many keys. */
function shuffle(
  cache: LocalCache<Sized>,
  steps: number,
  each: (held: ReadonlyMap<string, Sized>, key: string) => void,
): void {
  const held = new Map<string, Sized>()
  let state = 1
  for (let i = 0; i < steps; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    const key = `key${(state >>> 16) % 60}`
    if (state % 7 === 0) {
      cache.delete(key)
      held.delete(key)
    } else if (state % 3 === 0) {
      cache.get(key)
    } else {
      const entry = sized((state >>> 8) % 40)
      held.set(key, entry)
      cache.set(key, entry)
    }
    for (const known of [...held.keys()]) if (cache.peek(known) === undefined) held.delete(known)
    each(held, key)
  }
}

function checkSums(cache: LocalCache<Sized>, held: ReadonlyMap<string, Sized>, check: Checks): void {
  const bytes = [...held.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
  check.same('bytes', cache.stats().bytes, bytes)
  check.same('items', cache.stats().items, held.size)
}

const cases: readonly RuleDefinition<LocalCacheRule, Tools>[] = [
  {
    rule: 'L1',
    title: 'what was set, and what was not',
    prove({ open }, check) {
      const cache = open(1000)
      const [a, b] = [sized(10), sized(0)]
      for (const look of ['get', 'peek'] as const) check.same(`${look}() of nothing`, cache[look]('a'), undefined)
      cache.set('a', a)
      cache.set('b', b)
      for (const look of ['get', 'peek'] as const) {
        check.same(`${look}('a')`, cache[look]('a')?.id, a.id)
        check.same(`${look}('a') is the entry itself`, cache[look]('a'), a)
        check.same(`${look}('b')`, cache[look]('b'), b)
        check.same(`${look}() of another`, cache[look]('c'), undefined)
      }
    },
  },
  {
    rule: 'L2',
    title: 'replacing, larger and smaller',
    prove({ open }, check) {
      const cache = open(100)
      for (const size of [10, 100, 1, 60, 61]) {
        const entry = sized(size)
        cache.set('a', entry)
        check.same(`peek() after ${size} bytes`, cache.peek('a'), entry)
        check.same(`bytes after ${size} bytes`, cache.stats().bytes, size)
        check.same(`items after ${size} bytes`, cache.stats().items, 1)
      }
    },
  },
  {
    rule: 'L3',
    title: 'delete() and clear()',
    prove({ open }, check) {
      const cache = open(1000)
      for (const key of ['a', 'b', 'c']) cache.set(key, sized(10))
      check.same('delete()', cache.delete('b'), true)
      check.same('delete() again', cache.delete('b'), false)
      check.same('peek() of the deleted', cache.peek('b'), undefined)
      check.same('peek() of another', cache.peek('a')?.byteLength, 10)
      check.same('bytes then', cache.stats().bytes, 20)
      cache.clear()
      for (const key of ['a', 'b', 'c']) check.same(`get('${key}') after clear()`, cache.get(key), undefined)
      check.same('bytes after clear()', cache.stats().bytes, 0)
      check.same('items after clear()', cache.stats().items, 0)
      check.same('delete() after clear()', cache.delete('a'), false)
      const entry = sized(1000)
      cache.set('a', entry)
      check.same('get() of what was set after clear()', cache.get('a'), entry)
    },
  },
  {
    rule: 'L4',
    title: 'sums over many steps',
    prove({ open }, check) {
      const cache = open(300)
      shuffle(cache, 600, held => checkSums(cache, held, check))
    },
  },
  {
    rule: 'L5',
    title: 'a flood',
    prove({ open }, check) {
      for (const maxBytes of [0, 1, 39, 300]) {
        const cache = open(maxBytes)
        shuffle(cache, 400, () => {
          const { bytes } = cache.stats()
          check.holds('bytes', bytes <= maxBytes, String(bytes), `at most ${maxBytes}`)
        })
      }
    },
  },
  {
    rule: 'L5',
    title: 'exactly as much as fits',
    prove({ open }, check) {
      for (const [count, size] of [
        [10, 10],
        [1, 100],
        [100, 1],
        [2, 50],
      ] as const) {
        const cache = open(100)
        for (let i = 0; i < count; i++) cache.set(`k${i}`, sized(size))
        for (let i = 0; i < count; i++) check.same(`get('k${i}')`, cache.get(`k${i}`)?.byteLength, size)
        for (let i = 0; i < count; i++) cache.set(`k${i}`, sized(size))
        check.same('items after replacing all', cache.stats().items, count)
        check.same('evictions', cache.stats().evictions, 0)
      }
    },
  },
  {
    rule: 'L6',
    title: 'entries that are too large',
    prove({ open }, check) {
      const cache = open(20)
      cache.set('a', sized(9))
      cache.set('b', sized(9))
      cache.set('c', sized(21))
      check.same('the refused', cache.peek('c'), undefined)
      check.same('items', cache.stats().items, 2)
      cache.set('a', sized(21))
      check.same('the older one of a refused', cache.peek('a'), undefined)
      check.same('another', cache.peek('b')?.byteLength, 9)
    },
  },
  {
    rule: 'L7',
    title: 'each that leaves, once',
    prove({ open }, check) {
      const told: Sized[] = []
      let wasGone = true
      const cache: LocalCache<Sized> = open(300, (key, entry) => {
        told.push(entry)
        wasGone &&= cache.peek(key) !== entry
      })
      const replaced = sized(1)
      const deleted = sized(1)
      cache.set('a', replaced)
      cache.set('a', sized(1))
      cache.set('b', deleted)
      cache.delete('b')
      cache.clear()
      check.same('told of replaced, deleted and cleared entries', told.length, 0)
      const all = new Set<Sized>()
      for (let i = 0; i < 40; i++) {
        const entry = sized(25)
        all.add(entry)
        cache.set(`k${i}`, entry)
      }
      for (let i = 0; i < 40; i++) all.delete(cache.peek(`k${i}`) as Sized)
      check.same('told of', told.length, all.size)
      check.holds(
        'whom it is told of',
        told.every(entry => all.has(entry)),
        'others',
        'those that are gone',
      )
      check.same('told of twice', told.length - new Set(told).size, 0)
      cache.set('large', sized(301))
      check.same('told of a refused one', told.at(-1)?.byteLength, 301)
      check.same('evictions', cache.stats().evictions, told.length)
      check.holds('when it is told', wasGone, 'before it is gone', 'after')
    },
  },
  {
    rule: 'L8',
    title: 'hostile keys',
    prove({ open }, check) {
      const keys = [
        '',
        '__proto__',
        'constructor',
        'toString',
        '0',
        '-0',
        ' ',
        'é',
        'e\u0301',
        '\u{1f600}',
        'É',
        '\0',
        'a\0b',
        '\ud800',
      ]
      const cache = open(10_000)
      for (const key of keys) check.same('peek() of a key that was not set', cache.peek(key), undefined)
      const entries = keys.map(key => ({ ...sized(1), key }))
      for (const entry of entries) cache.set(entry.key, entry)
      for (const entry of entries) check.same('get()', cache.get(entry.key), entry)
      check.same('items', cache.stats().items, keys.length)
      for (const key of keys) check.same('delete()', cache.delete(key), true)
    },
  },
  {
    rule: 'L9',
    title: 'two caches',
    prove({ makeFactory }, check) {
      const factory = makeFactory(100)
      const [cache, other] = [factory<Sized>({ onEvict() {} }), factory<Sized>({ onEvict() {} })]
      cache.set('a', sized(10))
      check.same('peek() in the other', other.peek('a'), undefined)
      check.same('bytes of the other', other.stats().bytes, 0)
      other.clear()
      check.same('peek() after clear() of the other', cache.peek('a')?.byteLength, 10)
    },
  },
]
