import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { entries, keyed } from '../../src/snapshot/columns.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { randomFrom, seed } from './runs.ts'

type Loose = Record<string, unknown>

const columns = {
  list: keyed<{ id: string }>(row => (typeof row === 'object' ? row.id : String(row))),
  table: entries(),
  map: entries(),
}

/** Stores `states` one after the other and holds each against what a new process loads. */
async function expectSequence(states: readonly Loose[], immutable: boolean): Promise<void> {
  const disk = new MemoryStore()
  const open = (): SnapshotCache<Loose> => new SnapshotCache<Loose>(disk, { immutable, columns: columns as never })
  const cache = open()
  for (const [i, state] of states.entries()) {
    await cache.store(state)
    const found = (await open().load())?.state
    if (!isDeepStrictEqual(found, state)) expect(found, `state ${i}`).toStrictEqual(state)
    const order = (one: Loose | undefined): unknown => [
      Object.keys(one?.['table'] ?? {}),
      ...((one?.['map'] as Map<string, unknown>) ?? []),
    ]
    expect(order(found), `state ${i}`).toEqual(order(state))
    expect((await cache.store(state)).skipped, `state ${i}`).toBe('unchanged')
  }
  expect(await cache.verify()).toMatchObject({ ok: true, unused: [], problems: [] })
}

const json = (text: string): Loose => JSON.parse(text)
const rows = (...ids: (string | number)[]): { id: string | number; n: number }[] => ids.map(id => ({ id, n: 1 }))
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const random = randomFrom(seed)
const many = rows(...range(0, 3000))

const sequences: [string, Loose[]][] = [
  ['no fields', [{}, { a: 1 }, {}]],
  ['fields that come and go', [{ a: 1 }, { a: 1, b: 2 }, { b: 2 }, { b: 2, list: [] }, { list: null }, {}]],
  [
    'null and undefined for columns of elements',
    [
      { list: null, table: null, map: undefined },
      { list: [], table: {}, map: new Map() },
      { list: undefined, table: undefined, map: null },
      { list: rows('a'), table: { a: 1 }, map: new Map([['a', 1]]) },
    ],
  ],
  ['__proto__ as a field', [json('{"__proto__": 1, "a": 2}'), json('{"__proto__": {"x": 1}}'), { a: 1 }]],
  [
    '__proto__ as an entry',
    [
      { table: json('{"__proto__": 1}') },
      { table: json('{"__proto__": 2, "constructor": 3}') },
      { table: json('{"a": {"__proto__": {"b": 1}}}') },
    ],
  ],
  [
    '__proto__ as a key of a row, and in it',
    [{ list: [json('{"id": "__proto__", "__proto__": 5}')] }, { list: [...rows('a'), json('{"id": "__proto__"}')] }],
  ],
  [
    'integer-like entries',
    [
      { table: { b: 1, 10: 2, 9: 3, '01': 4 } },
      { table: { b: 1, 2: 5, 9: 3, '01': 4, '-1': 6 } },
      { table: { 4294967294: 1, 4294967295: 2, a: 3, 0: 4 } },
    ],
  ],
  [
    'entries that change their order',
    [
      {
        map: new Map([
          ['a', 1],
          ['b', 2],
          ['c', 3],
        ]),
        table: { x: 1, y: 2 },
      },
      {
        map: new Map([
          ['c', 3],
          ['a', 1],
          ['b', 2],
        ]),
        table: { y: 2, x: 1 },
      },
    ],
  ],
  [
    'an object that becomes a Map and a list',
    [{ table: { a: 1 } }, { table: new Map([['a', 1]]) }, { table: rows('a') }, { table: { a: 1 } }],
  ],
  [
    'a Map whose keys are no text',
    [
      { map: new Map([[1, 'a']]) },
      { map: new Map([['1', 'a']]) },
      {
        map: new Map<unknown, unknown>([
          ['1', 'a'],
          [1, 'b'],
        ]),
      },
    ],
  ],
  [
    'elements that are no objects',
    [
      { list: ['a', 'b', 1, true] },
      { list: ['b', 1, 'c'] },
      { table: { a: 1, b: null, c: undefined, d: 'x' } },
      { table: { a: -0, b: Number.NaN } },
    ],
  ],
  [
    'order: reversed, inserted, removed, shuffled',
    [
      { list: rows(...range(0, 50)) },
      { list: rows(...range(0, 50)).reverse() },
      { list: rows(...range(0, 20), 'x', 'y', ...range(20, 50)) },
      { list: rows(...range(10, 15), ...range(40, 45)) },
      { list: rows(...range(0, 50)).sort(() => random() - 0.5) },
      { list: rows(49, 'x', 48) },
    ],
  ],
  [
    'one removed and put back',
    [
      { list: rows('a', 'b', 'c') },
      { list: rows('a', 'c') },
      { list: rows('a', 'c', 'b') },
      { list: rows('b', 'a', 'c') },
    ],
  ],
  [
    'all replaced, emptied, filled',
    [{ list: rows(...range(0, 30)) }, { list: rows(...range(100, 130)) }, { list: [] }, { list: rows('z') }],
  ],
  [
    'thousands',
    [
      { list: many },
      { list: many.map((row, i) => (i % 1000 === 7 ? { ...row, n: 2 } : row)) },
      { list: many.slice(1500).concat(many.slice(0, 1500)) },
      { list: many.filter((_, i) => i % 3 === 0) },
      {
        table: Object.fromEntries(many.map(row => [`k${row.id}`, row])),
        map: new Map(many.map(row => [`k${row.id}`, row])),
      },
    ],
  ],
  [
    'rich values',
    [
      {
        a: new Date(5),
        b: [1n, new Set([1]), new Map([[{}, 1]])],
        list: [{ id: 'a', at: new Date(1), raw: new Uint8Array([1, 2]) }],
      },
      { a: '\ud800', list: [{ id: 'a', at: new Date(2), raw: new Uint8Array([1, 3]) }] },
    ],
  ],
  [
    'column names of every kind',
    [{ 'a/b': 1, '..': 2, 'ä€😀': 3, '@head': 4, '%2F': 5, ' ': 6, CON: 7, 'a\u0000b': 8 }],
  ],
  [
    'a large value',
    [
      { a: 'x'.repeat(3_000_000), list: [{ id: 'a', text: 'y'.repeat(2_000_000) }] },
      {
        a: 'x',
        list: [
          { id: 'a', text: 'y'.repeat(2_000_000) },
          { id: 'b', text: '' },
        ],
      },
    ],
  ],
]

for (const immutable of [false, true]) {
  describe(`states of every shape, immutable: ${immutable}`, () => {
    for (const [title, states] of sequences) {
      it(title, async () => {
        await expectSequence(states, immutable)
      })
    }
  })
}

describe('bytes in a state', () => {
  it('are Uint8Arrays with memory of their own, whatever the store gives', async () => {
    const disk = new MemoryStore()
    const load = disk.load.bind(disk)
    const given: Uint8Array[] = []
    disk.load = async key => {
      const bytes = await load(key)
      if (bytes !== undefined) given.push(bytes)
      return bytes === undefined ? undefined : Buffer.from(bytes.buffer)
    }
    Object.defineProperty(disk, 'loadMany', { value: undefined })
    const list = Array.from({ length: 300 }, (_, i) => ({ id: `${i}`, raw: new Uint8Array([i, 1, 2]) }))
    for (const compress of [false, true]) {
      const cache = new SnapshotCache<Loose>(disk, { compress, columns: columns as never })
      await cache.store({ one: new Uint8Array(900).fill(7), list })
      const { state } = (await cache.load())!
      expect(state).toStrictEqual({ one: new Uint8Array(900).fill(7), list })
      for (const bytes of given) bytes.fill(0)
      expect(state).toStrictEqual({ one: new Uint8Array(900).fill(7), list })
      await cache.clear()
    }
  })
})

describe('codecs', () => {
  it('can be changed at any time; readers need to be told nothing', async () => {
    const disk = new MemoryStore()
    const options = ['auto', 'cbor', 'json', 'auto'] as const
    const list = rows(...range(0, 500))
    for (const [i, codec] of options.entries()) {
      for (const compress of [true, false]) {
        const state = { list: list.map((row, j) => (j === i ? { ...row, n: i } : row)), tick: [i, compress] }
        await new SnapshotCache<Loose>(disk, { codec, compress, columns: columns as never }).store(state)
        expect((await new SnapshotCache<Loose>(disk).load())?.state).toStrictEqual(state)
      }
    }
  })

  it('compression makes a repetitive state small', async () => {
    const sizes = []
    for (const compress of [false, true]) {
      const cache = new SnapshotCache<Loose>(new MemoryStore(), { compress })
      sizes.push((await cache.store({ a: 'the same again '.repeat(5000) })).bytes)
    }
    expect(sizes[1]).toBeLessThan(sizes[0]! / 10)
  })
})
