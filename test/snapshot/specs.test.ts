import { describe, expect, it } from 'vitest'
import { type ColumnSpec, entries, keyed, plain } from '../../src/snapshot/columns.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { makePeer, type Peer } from './app-state.ts'

interface Any {
  c: unknown
  rest: number
}

const list = [1, 2, 3, 4, 5].map(i => makePeer(i))
const table = Object.fromEntries(list.map(peer => [peer.id, peer]))
const specs: [string, ColumnSpec<unknown>][] = [
  ['plain', plain()],
  ['keyed by id', keyed<Peer>('id') as ColumnSpec<unknown>],
  ['keyed by name', keyed<Peer>(peer => peer.name) as ColumnSpec<unknown>],
  ['entries', entries() as ColumnSpec<unknown>],
]
const values: [string, unknown][] = [
  ['a list', list],
  ['a table', table],
  ['a Map', new Map(Object.entries(table))],
  ['null', null],
  ['undefined', undefined],
  ['text', 'text'],
  ['nothing', []],
]

describe('a column whose spec changes between versions', () => {
  for (const immutable of [false, true]) {
    for (const [before, oldSpec] of specs) {
      for (const [after, newSpec] of specs) {
        it(`${before} -> ${after} loads, and goes on (immutable: ${immutable})`, async () => {
          for (const [what, value] of values) {
            for (const isLoadedFirst of [true, false]) {
              const note = `${what}, loaded first: ${isLoadedFirst}`
              const disk = new MemoryStore()
              const open = (c: ColumnSpec<unknown>): SnapshotCache<Any> =>
                new SnapshotCache<Any>(disk, { immutable, columns: { c } })
              const state = { c: value, rest: 1 }
              await open(oldSpec).store(state)
              const cache = open(newSpec)
              if (isLoadedFirst) expect((await cache.load())?.state, note).toStrictEqual(state)
              const changed = { c: change(value), rest: 2 }
              await cache.store(changed)
              expect((await open(newSpec).load())?.state, note).toStrictEqual(changed)
              expect((await open(oldSpec).load())?.state, note).toStrictEqual(changed)
              expect(await cache.verify(), note).toMatchObject({ ok: true, unused: [] })
              await expectViewOf(open(newSpec), changed, note)
            }
          }
        })
      }
    }

    it(`keeps keys that a view finds, when the key function changes (immutable: ${immutable})`, async () => {
      const disk = new MemoryStore()
      interface State {
        list: { id?: string; name: string; v: number }[]
      }
      const state: State = { list: ['a', 'b', 'c', 'd', 'e'].map(id => ({ id, name: id.toUpperCase(), v: 1 })) }
      await new SnapshotCache<State>(disk, { columns: { list: keyed(row => row.id!) } }).store(state)
      const cache = new SnapshotCache<State>(disk, { immutable, columns: { list: keyed(row => row.name) } })
      const loaded = (await cache.load())!.state
      const next = { list: loaded.list.map((row, i) => (i === 0 ? { name: 'A', v: 2 } : row)) }
      await cache.store(next)
      const view = (await cache.view())!
      expect(await view.keys('list')).toEqual(['A', 'B', 'C', 'D', 'E'])
      for (const row of next.list) expect(await view.element('list', row.name)).toStrictEqual(row)
    })

    it(`can be patched under the new spec (immutable: ${immutable})`, async () => {
      for (const [before, oldSpec] of specs) {
        for (const key of ['id', 'name'] as const) {
          const disk = new MemoryStore()
          await new SnapshotCache<Any>(disk, { columns: { c: oldSpec } }).store({ c: list, rest: 1 })
          const cache = new SnapshotCache<{ c: Peer[] }>(disk, { immutable, columns: { c: keyed(key) } })
          await cache.patch('c', { set: [makePeer(9)], remove: [list[1]![key]] })
          const [one, , three, four, five] = list
          const c = [one, three, four, five, makePeer(9)]
          expect((await cache.load())?.state, `${before}, ${key}`).toStrictEqual({ c, rest: 1 })
        }
      }
    })
  }

  it('is not patched as entries while a list is stored there', async () => {
    const disk = new MemoryStore()
    await new SnapshotCache<{ c: Peer[] }>(disk, { columns: { c: keyed('id') } }).store({ c: list })
    const cache = new SnapshotCache<{ c: Record<string, Peer> }>(disk, { columns: { c: entries<Peer>() } })
    await expect(cache.patch('c', { set: { a: makePeer(2) } })).rejects.toThrow(TypeError)
    expect((await cache.load())?.state).toStrictEqual({ c: list })
  })
})

function change(value: unknown): unknown {
  if (Array.isArray(value)) return [...value.slice(1), makePeer(20)]
  if (value instanceof Map) return new Map([...value].slice(1)).set('n20', makePeer(20))
  if (typeof value === 'object' && value !== null) return { ...value, n1: makePeer(1, { online: true }) }
  return value
}

async function expectViewOf(cache: SnapshotCache<Any>, state: Any, note: string): Promise<void> {
  await using view = (await cache.view())!
  expect(await view.get('c'), note).toStrictEqual(state.c)
  for (const key of await view.keys('c')) expect(await view.element('c', key), `${note} ${key}`).toBeDefined()
  expect(await view.element('c', 'nobody'), note).toBeUndefined()
}
