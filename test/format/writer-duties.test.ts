import { expect, it } from 'vitest'
import { keyed, MemoryStore, SnapshotCache } from '../../src/index.ts'
import { decodeDelta } from '../../src/snapshot/delta.ts'
import { openHead } from '../../src/snapshot/head-seal.ts'
import { decodeSegment } from '../../src/snapshot/segment.ts'
import type { Store } from '../../src/store/store.ts'
import { Broken } from './broken-cases.ts'
import { duties } from './duties.ts'
import { filesOf, readCase, storeOf, toText } from './fixture-store.ts'
import { type Peer, peer, peers, type State } from './golden-states.ts'
import { isHead, Recorder } from './recorder.ts'

interface App {
  peers: Peer[]
  text: string
}

const open = (store: Store): SnapshotCache<App> =>
  new SnapshotCache<App>(store, { name: 'app', columns: { peers: keyed('id') } })

/** Stores and patches that write segments of every role, and sweep. */
async function work(store: Store): Promise<SnapshotCache<App>> {
  const cache = open(store)
  await cache.store({ peers: peers(600), text: 'one '.repeat(2_000) })
  await cache.patch('peers', { set: [peer(1, { port: 1 }), peer(700)], remove: ['n5'] })
  await cache.store({ peers: peers(600).reverse(), text: 'two '.repeat(2_000) })
  await cache.store({ peers: peers(900, 2_000), text: 'three '.repeat(2_000) })
  return cache
}

it(`F1 ${duties.F1}`, async () => {
  const recorder = new Recorder()
  const [one, two] = [await work(recorder.store), await work(recorder.store)]
  await one.clear()
  await two.store({ peers: [], text: 'after' })
  const keys = recorder.keys('store')
  expect(keys.length).toBeGreaterThan(20)
  expect(new Set(keys).size).toBe(keys.length)
})

it(`F2 ${duties.F2}`, async () => {
  const recorder = new Recorder()
  await work(recorder.store)
  const stored = recorder.keys('store')
  const heads = await recorder.heads()
  expect([...heads.values()].flat().length).toBeGreaterThan(5)
  for (const [head, named] of heads) {
    for (const key of named) {
      expect(stored).toContain(key)
      expect(stored.indexOf(key)).toBeLessThan(stored.indexOf(head))
    }
  }
})

it(`F3 ${duties.F3}`, async () => {
  const store = new MemoryStore()
  await store.store('app/peers/00000000aaaa-0123456789abcdef', Uint8Array.of(1))
  const { generation } = await open(store).store({ peers: [], text: '' })
  expect(generation).toBe(0xaaab)
})

it(`F4 ${duties.F4}`, async () => {
  const store = new MemoryStore()
  const cache = await work(store)
  await cache.patch('peers', { set: [peer(2_001, { port: 5 })] })
  await cache.patch('peers', { set: [peer(2_002, { port: 6 })] })
  const state = (await cache.load())?.state
  const heads = [...(await filesOf(store)).keys()].filter(isHead)
  expect(heads.length).toBe(2)
  await store.remove(heads[0]!)
  expect((await open(store).load())?.state).toEqual(state)
})

it(`F5 ${duties.F5}`, async () => {
  const store = new MemoryStore()
  const cache = await work(store)
  for (const port of [1, 2, 3]) {
    await cache.store({ peers: peers(700, port), text: `${port} `.repeat(5_000) })
    const { whole, problems, unused } = await cache.verify()
    expect({ heads: whole.length, problems, unused }).toEqual({ heads: 2, problems: [], unused: [] })
  }
})

it(`F6 ${duties.F6}`, async () => {
  const store = new MemoryStore()
  const { generation } = await open(store).store({ peers: [], text: 'a' })
  const keyOf = (n: number): string => `app/x/${n.toString(16).padStart(12, '0')}-0123456789abcdef`
  const foreign = [keyOf(generation + 1), keyOf(generation + 2)]
  // Segments of another writer, whose head is about to come, turn up while this one writes.
  const recorder = new Recorder(store)
  const busy: Store = {
    ...recorder.store,
    store: async (key, value) => {
      for (const each of foreign) await store.store(each, Uint8Array.of(1))
      await recorder.store.store(key, value)
    },
  }
  await open(busy).store({ peers: [], text: 'b' })
  expect([...(await filesOf(store)).keys()]).toEqual(expect.arrayContaining(foreign))
  // Both are of the past for the next writer, which may remove them.
  expect((await open(store).store({ peers: [], text: 'c' })).generation).toBe(generation + 3)
})

it(`F7 ${duties.F7}`, async () => {
  const recorder = new Recorder()
  const cache = await work(recorder.store)
  await cache.clear()
  const removed = recorder.keys('remove')
  for (const [head, named] of await recorder.heads()) {
    expect(removed).toContain(head)
    for (const key of named) expect(removed.indexOf(key)).toBeGreaterThan(removed.indexOf(head))
  }
})

it(`F8 ${duties.F8}`, async () => {
  const broken = new Broken((await readCase('v1', 'plain-inline'))!)
  await broken.poke(4, 2)
  const store = await storeOf(broken.files)
  const cache = new SnapshotCache<State>(store, { name: 'app' })
  await expect(cache.store({ dns: 1 })).rejects.toMatchObject({ code: 'FORMAT_NEWER' })
  await expect(cache.update({ dns: 1 })).rejects.toMatchObject({ code: 'FORMAT_NEWER' })
  expect(toText(await filesOf(store))).toEqual(toText(broken.files))
  await cache.clear()
  expect((await filesOf(store)).size).toBe(0)
})

it(`F9 ${duties.F9}`, async () => {
  const files = (await readCase('v1', 'plain-separate'))!
  expect(files.size).toBe(2)
  for (const [key, bytes] of files) {
    if (isHead(key)) expect([...bytes.subarray(5, 8)]).toEqual([0, 0, 0])
    else expect(bytes[7]).toBe(0)
  }
})

it(`F10 ${duties.F10}`, async () => {
  const store = new MemoryStore()
  const cache = open(store)
  await cache.store({ peers: peers(600), text: '' })
  await cache.patch('peers', { remove: ['n3'] })
  await cache.patch('peers', { set: [peer(3, { port: 9 })] })
  await cache.patch('peers', { set: [peer(3, { port: 10 }), peer(900)] })
  const [key, bytes] = [...(await filesOf(store))].filter(([each]) => isHead(each)).at(-1)!
  const head = await openHead(bytes, key, undefined)
  const deltas: { slots: number; setSlots: readonly number[] }[] = []
  for (const { role, inline, count } of head.columns[0]!.pieces) {
    if (role !== 'delta') continue
    const { slots, setSlots } = decodeDelta((await decodeSegment(inline!, '', undefined)).payload, count)
    deltas.push({ slots, setSlots })
  }
  expect(deltas).toEqual([
    { slots: 600, setSlots: [] },
    { slots: 601, setSlots: [600] },
    { slots: 602, setSlots: [600, 601] },
  ])
})
