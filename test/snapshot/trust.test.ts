import { describe, expect, it } from 'vitest'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { InterceptedStore } from '../helpers/intercepted-store.ts'

interface State {
  n: number
}

interface Texts {
  long: string
  n: number
}

// Not to be compressed so far that it rides in the head.
const text = (first: number): string => Array.from({ length: 20_000 }, (_, i) => (first + i) ** 2).join()

interface SetUp {
  readonly counts: { lists: number }
  readonly faults: { isFull: boolean }
  readonly clock: { nowMs: number }
  readonly keys: () => Promise<string[]>
  readonly open: () => SnapshotCache<State>
}

// A store that counts listings, and a cache over it with a clock by hand.
function setUp(exclusive: boolean, immutable = true): SetUp {
  const disk = new MemoryStore()
  const counts = { lists: 0 }
  const faults = { isFull: false }
  const intercepted = new InterceptedStore(disk, async ({ verb }, run) => {
    if (verb === 'list') counts.lists++
    if (verb === 'store' && faults.isFull) throw new Error('full')
    return await run()
  })
  const store = Object.assign(intercepted, { exclusive })
  const clock = { nowMs: 1_000_000 }
  const open = (): SnapshotCache<State> => new SnapshotCache<State>(store, { immutable, now: () => clock.nowMs })
  const keys = async (): Promise<string[]> => {
    const found: string[] = []
    for await (const key of disk.list('')) found.push(key)
    return found
  }
  return { keys, counts, faults, clock, open }
}

describe('what a cache trusts', () => {
  it('alone on an exclusive store, it lists the keys once a second and still sweeps', async () => {
    const { keys, counts, clock, open } = setUp(true)
    const cache = open()
    for (let n = 1; n <= 20; n++) await cache.store({ n })
    expect(counts.lists).toBe(1)
    expect(await keys()).toHaveLength(2)
    clock.nowMs += 1_001
    await cache.store({ n: 21 })
    expect(counts.lists).toBe(2)
    expect((await open().load())?.state).toEqual({ n: 21 })
  })

  it.each([
    ['the store is not exclusive', false, true],
    ['the state may be changed in place', true, false],
  ])('lists before every write if %s', async (_, exclusive, immutable) => {
    const { counts, open } = setUp(exclusive, immutable)
    const cache = open()
    for (let n = 1; n <= 5; n++) await cache.store({ n })
    expect(counts.lists).toBe(5)
  })

  it('looks again after another cache of the same name and store has written or cleared', async () => {
    const { open } = setUp(true)
    const [one, other] = [open(), open()]
    await one.store({ n: 1 })
    await one.store({ n: 2 })
    await other.store({ n: 3 })
    await one.store({ n: 4 })
    expect((await open().load())?.state).toEqual({ n: 4 })
    await other.clear()
    await one.store({ n: 5 })
    expect((await open().load())?.state).toEqual({ n: 5 })
  })

  it('trusts what a load of all columns saw for a second, and what a load of some saw not at all', async () => {
    const disk = new MemoryStore()
    let nowMs = 1_000_000
    const cache = new SnapshotCache<Texts>(disk, { immutable: true, now: () => nowMs })
    const long = text(0)
    const state = { long, n: 1 }
    await cache.store(state)
    const takeAway = async (): Promise<void> => {
      for await (const key of disk.list('snapshot/long/')) await disk.remove(key)
    }
    nowMs += 5_000
    await cache.load()
    await takeAway()
    expect(await cache.store(state)).toMatchObject({ skipped: 'unchanged' })

    nowMs += 5_000
    expect((await cache.load({ columns: ['n'] }))?.state).toEqual({ n: 1 })
    expect(await cache.store(state)).toMatchObject({ skipped: false })
    expect((await cache.load())?.state).toEqual(state)

    const other = new SnapshotCache<Texts>(disk, { immutable: true, now: () => nowMs })
    await other.store({ long, n: 2 })
    await cache.load({ columns: ['long', 'n'] })
    await takeAway()
    await cache.store({ long, n: 2 })
    expect((await cache.load())?.state).toEqual({ long, n: 2 })
  })

  it.each<[string, string, (cache: SnapshotCache<Texts>) => Promise<unknown>]>([
    ['a load', 'snapshot/long/', async cache => await cache.load()],
    ['a load of some columns', 'snapshot/@head/', async cache => await cache.load({ columns: ['n'] })],
    ['a view', 'snapshot/@head/', async cache => await cache.view()],
  ])('looks again after %s found damage', async (_, damaged, read) => {
    const disk = new MemoryStore()
    const cache = new SnapshotCache<Texts>(disk, { immutable: true, now: () => 1_000_000 })
    const state = { long: text(0), n: 1 }
    await cache.store(state)
    for await (const key of disk.list(damaged)) await disk.store(key, new Uint8Array(3))
    expect(await read(cache)).toBeUndefined()
    expect(await cache.store(state)).toMatchObject({ skipped: false })
    expect((await cache.load())?.state).toEqual(state)
  })

  it('looks again after a write of its own failed', async () => {
    const { counts, faults, open } = setUp(true)
    const cache = open()
    await cache.store({ n: 1 })
    faults.isFull = true
    await expect(cache.store({ n: 2 })).rejects.toThrow('full')
    faults.isFull = false
    await cache.store({ n: 3 })
    expect(counts.lists).toBe(2)
    expect((await open().load())?.state).toEqual({ n: 3 })
  })

  it('looks again if another cache wrote between its look and its write', async () => {
    const disk = new MemoryStore()
    let meanwhile: (() => Promise<void>) | undefined
    const intercepted = new InterceptedStore(disk, async ({ verb }, run) => {
      const result = await run()
      const act = verb === 'list' ? meanwhile : undefined
      if (act !== undefined) meanwhile = undefined
      await act?.()
      return result
    })
    const store = Object.assign(intercepted, { exclusive: true })
    const open = (): SnapshotCache<Texts> => new SnapshotCache<Texts>(store, { immutable: true })
    const [one, other] = [open(), open()]
    await one.store({ long: text(1), n: 0 })
    await other.load()
    await other.update({ n: 0.5 })
    await one.update({ n: 0 })
    await other.load()
    meanwhile = async () => {
      for (let first = 2; first <= 4; first++) await one.store({ long: text(first), n: 0 })
    }
    for (let n = 1; n <= 6; n++) await other.update({ n })
    const snapshot = await open().load()
    expect(snapshot?.report.problems).toEqual([])
    expect(snapshot?.state.n).toBe(6)
    expect(snapshot?.state.long).toBe(text(4))
  })
})
