import { describe, expect, it } from 'vitest'
import { keyed } from '../../src/snapshot/columns.ts'
import { openHead } from '../../src/snapshot/head-seal.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from '../helpers/intercepted-store.ts'
import { contents } from './app-state.ts'
import { randomFrom, runs, seed } from './runs.ts'

interface Item {
  readonly id: string
  text: string
  tick: number
}

interface State {
  note: string
  items: Item[]
}

interface Setting {
  readonly immutable: boolean
  readonly batched: boolean
  readonly items: number
  readonly textLength: number
  /** Of the elements, how many are changed, added or removed at a time, at most. */
  readonly atOnce: number
}

const steps = 150
const checkEvery = 10

const settings: readonly Setting[] = [false, true].flatMap(immutable => [
  { immutable, batched: false, items: 300, textLength: 700, atOnce: 3 },
  { immutable, batched: true, items: 300, textLength: 700, atOnce: 40 },
  // As column-major pages.
  { immutable, batched: false, items: 4000, textLength: 60, atOnce: 60 },
])

describe('after many small changes', () => {
  it.each(settings)(
    `the next load is at most twice the work, the disk at most twice as full: %o, seed ${seed}`,
    async setting => {
      for (let run = 0; run < runs(1); run++) await live(setting, randomFrom(seed + run))
    },
  )

  it.each([false, true])('also when a column shrinks, element by element; immutable: %s', async immutable => {
    const disk = bareStore(new MemoryStore())
    const cache = open(disk, immutable)
    let state: State = { note: '', items: makeItems(randomFrom(seed), 300, 700) }
    await cache.store(state)
    while (state.items.length > 10) {
      const [{ id }, ...items] = state.items as [Item, ...Item[]]
      state = { ...state, items }
      if (items.length % 2 === 0) await cache.store(state)
      else await cache.patch('items', { remove: [id] })
      if (items.length % 10 === 0) await check(disk, state, `${items.length} left`, 20 << 10)
    }
  })

  it('the work is counted', async () => {
    const state = { note: '', items: makeItems(randomFrom(seed), 300, 700) }
    const work = await workOfFresh(state)
    expect(work.elements).toBe(300)
    expect(work.bytes).toBeGreaterThan(300 * 700)
  })
})

/** One life of a cache whose state is changed in small steps by one of the three ways of writing. */
async function live({ immutable, batched, items, textLength, atOnce }: Setting, random: () => number): Promise<void> {
  const disk: Store = new MemoryStore()
  const cache = open(batched ? disk : bareStore(disk), immutable)
  let state: State = { note: '', items: makeItems(random, items, textLength) }
  await cache.store(state)
  for (let step = 1; step <= steps; step++) {
    const count = 1 + Math.floor(random() * atOnce)
    if (random() < 0.2) state = await patchSome(cache, state, random, count, textLength)
    else {
      state = changeSome(state, random, count, textLength, immutable)
      await cache.store(state)
    }
    if (step % checkEvery === 0) await check(disk, state, `step ${step}`)
  }
  await cache.close()
}

// `smallBytes`: what a load may cost beside: the head with what rides in it, and deltas that are small anyway.
async function check(disk: Store, state: State, where: string, smallBytes = 64 << 10): Promise<void> {
  const fresh = await workOfFresh(state)
  const work = await workOfLoad(disk, state)
  expect(work.bytes, `bytes, ${where}`).toBeLessThanOrEqual(2 * fresh.bytes + smallBytes)
  expect(work.elements, `elements, ${where}`).toBeLessThanOrEqual(2 * fresh.elements)
  // The store that writes a new base leaves the one before to fall back on; the next store removes it.
  const most = work.isNewBase ? 3 : 2
  expect(work.diskBytes, `disk, ${where}`).toBeLessThanOrEqual(most * fresh.diskBytes + smallBytes)
}

interface Work {
  /** Bytes that a load reads. */
  readonly bytes: number
  /** Elements that a load decodes. */
  readonly elements: number
  readonly diskBytes: number
  /** Whether the last store wrote the column anew. */
  readonly isNewBase: boolean
}

async function workOfFresh(state: State): Promise<Work> {
  const disk = new MemoryStore()
  await open(disk, false).store(state)
  return await workOfLoad(disk, state)
}

async function workOfLoad(disk: Store, state: State): Promise<Work> {
  const read = new Map<string, Uint8Array>()
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    const result = await run()
    const values: readonly unknown[] = Array.isArray(result) ? result : [result]
    for (const [i, value] of values.entries()) if (value instanceof Uint8Array) read.set(call.keys[i]!, value)
    return result
  }
  const store =
    disk.batch === undefined ? new InterceptedStore(disk, intercept) : new InterceptedBatchStore(disk, intercept)
  const loaded = await open(store, false).load()
  expect(loaded?.state).toEqual(state)
  const newest = [...read.keys()]
    .filter(key => key.includes('/@head/'))
    .sort()
    .at(-1)!
  const head = await openHead(read.get(newest)!, newest, undefined)
  const pieces = head.columns.find(({ name }) => name === 'items')!.pieces
  const counted = pieces.filter(({ role }) => role === 'page' || role === 'delta')
  const sizes = [...(await contents(disk)).values()].map(value => value.byteLength)
  return {
    bytes: [...read.values()].reduce((sum, value) => sum + value.byteLength, 0),
    elements: counted.reduce((sum, { count }) => sum + count, 0),
    diskBytes: sizes.reduce((sum, size) => sum + size, 0),
    isNewBase: pieces.some(({ role, generation }) => role === 'page' && generation === head.generation),
  }
}

function open(store: Store, immutable: boolean): SnapshotCache<State> {
  return new SnapshotCache<State>(store, { columns: { items: keyed<Item>('id') }, immutable })
}

let ids = 0

function makeItems(random: () => number, count: number, textLength: number): Item[] {
  return Array.from({ length: count }, () => makeItem(`item-${ids++}`, random, textLength))
}

function makeItem(id: string, random: () => number, textLength: number): Item {
  let text = ''
  while (text.length < textLength) text += Math.floor(random() * 2 ** 32).toString(36)
  return { id, text, tick: 0 }
}

// Most changes are of elements; some come, some go, now and then two change places.
function changeSome(state: State, random: () => number, count: number, textLength: number, isCopy: boolean): State {
  const next = isCopy ? { ...state, items: [...state.items] } : state
  const { items } = next
  const at = (): number => Math.floor(random() * items.length)
  for (let i = 0; i < count; i++) {
    const dice = random()
    const place = at()
    if (dice < 0.1) items.splice(place, 0, ...makeItems(random, 1, textLength))
    else if (dice < 0.2 && items.length > 1) items.splice(place, 1)
    else if (dice < 0.25) {
      const other = at()
      const [one, two] = [items[place]!, items[other]!]
      items[place] = two
      items[other] = one
    } else {
      const changed = { ...items[place]!, tick: items[place]!.tick + 1, text: makeItem('', random, textLength).text }
      if (isCopy) items[place] = changed
      else Object.assign(items[place]!, changed)
    }
  }
  if (random() < 0.2) next.note = makeItem('', random, 100).text
  return next
}

async function patchSome(
  cache: SnapshotCache<State>,
  state: State,
  random: () => number,
  count: number,
  textLength: number,
): Promise<State> {
  const chosen = new Set(Array.from({ length: count }, () => Math.floor(random() * state.items.length)))
  const set = [...chosen].map(i => makeItem(state.items[i]!.id, random, textLength))
  await cache.patch('items', { set })
  const byId = new Map(set.map(item => [item.id, item]))
  return { ...state, items: state.items.map(item => byId.get(item.id) ?? item) }
}
