import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { failingStore } from '../helpers/failing-store.ts'
import { makeState, openApp } from './app-state.ts'

describe('start()', () => {
  it('gives the cached state at once, and the fetched one when it is stored', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1))
    const cache = openApp(disk)
    let give: (state: ReturnType<typeof makeState>) => void = () => undefined
    const start = await cache.start(() => new Promise(resolve => (give = resolve)))
    expect(start).toMatchObject({ cached: true, snapshot: { generation: 1, cached: true } })
    expect(start.state).toStrictEqual(makeState(1))
    give(makeState(2))
    expect(await start.fresh).toStrictEqual(makeState(2))
    expect((await openApp(disk).load())?.state).toStrictEqual(makeState(2))
  })

  it('waits for the fetch where nothing is cached', async () => {
    const disk = new MemoryStore()
    const start = await openApp(disk).start(async () => makeState(2))
    expect(start).toMatchObject({ cached: false, snapshot: undefined })
    expect(start.state).toStrictEqual(makeState(2))
    expect(await start.fresh).toBe(start.state)
    expect((await openApp(disk).load())?.state).toStrictEqual(makeState(2))
  })

  it('with a fetch that fails: the cached state is there, and nobody has to look at `fresh`', async () => {
    const unhandled: unknown[] = []
    const listen = (error: unknown): number => unhandled.push(error)
    process.on('unhandledRejection', listen)
    const disk = new MemoryStore()
    const cache = openApp(disk)
    const offline = new Error('offline')
    const fetch = async (): Promise<never> => {
      throw offline
    }
    await expect(cache.start(fetch)).rejects.toBe(offline)
    await cache.store(makeState(1))
    const start = await cache.start(fetch)
    expect(start.state).toStrictEqual(makeState(1))
    const throwing = await cache.start(() => {
      throw offline
    })
    await new Promise(resolve => setImmediate(resolve))
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
    await expect(start.fresh).rejects.toBe(offline)
    await expect(throwing.fresh).rejects.toBe(offline)
    expect((await cache.load())?.state).toStrictEqual(makeState(1))
  })

  it('passes its signal on; an abort ends `fresh` also where the fetch does not look', async () => {
    const cache = openApp(new MemoryStore())
    await cache.store(makeState(1))
    const controller = new AbortController()
    let given: AbortSignal | undefined
    const start = await cache.start(
      signal => {
        given = signal
        return new Promise(() => undefined)
      },
      { signal: controller.signal },
    )
    expect(given).toBe(controller.signal)
    controller.abort()
    await expect(start.fresh).rejects.toMatchObject({ code: 'ABORTED' })
    expect((await cache.load())?.state).toStrictEqual(makeState(1))
    await expect(cache.start(async () => makeState(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('tells through `fresh` that the fetched state could not be stored', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1))
    const start = await openApp(failingStore(disk, 4, 'before', true).store).start(async () => makeState(2))
    expect(start.cached).toBe(true)
    await expect(start.fresh).rejects.toMatchObject({ name: 'Injected' })
    expect((await openApp(disk).load())?.state).toStrictEqual(makeState(1))
  })

  it('confirms the snapshot when the fetch is through', async () => {
    const cache = openApp(new MemoryStore(), { poisonAfter: 2 })
    await cache.store(makeState(1))
    for (let i = 0; i < 5; i++) {
      const start = await cache.start(async () => makeState(1))
      await start.fresh
      expect(start.cached).toBe(true)
    }
  })
})

describe('the guard against a state that crashes the application', () => {
  it('gives a snapshot up that was loaded so often without confirm() or a write', async () => {
    const disk = new MemoryStore()
    const options = { poisonAfter: 2 }
    await openApp(disk, options).store(makeState(1))
    await openApp(disk, options).store(makeState(2))
    const load = async (): Promise<[number | undefined, (string | undefined)[]]> => {
      const snapshot = await openApp(disk, options).load()
      return [snapshot?.state.self.tick, snapshot?.report.problems.map(({ code }) => code) ?? []]
    }
    expect(await load()).toEqual([2, []])
    expect(await load()).toEqual([2, []])
    expect(await load()).toEqual([1, ['POISONED']])
    expect(await load()).toEqual([1, ['POISONED']])
    expect(await load()).toEqual([undefined, []])
    await openApp(disk, options).store(makeState(3))
    expect(await load()).toEqual([3, []])
    const snapshot = await openApp(disk, options).load()
    await snapshot!.confirm()
    expect(await load()).toEqual([3, []])
    expect(await load()).toEqual([3, []])
    await openApp(disk, options).clear()
    expect([...(await keys(disk))]).toEqual([])
  })

  it('is off by default, and does not keep a read-only store from being read', async () => {
    const disk = new MemoryStore()
    const cache = openApp(disk)
    await cache.store(makeState(1))
    for (let i = 0; i < 10; i++) expect(await cache.load()).toBeDefined()
    const before = await keys(disk)
    const failing = Object.assign(Object.create(disk), {
      list: disk.list.bind(disk),
      load: disk.load.bind(disk),
      store: async () => {
        throw new Error('read-only')
      },
    })
    const snapshot = await openApp(failing, { poisonAfter: 1 }).load()
    expect(snapshot?.report.problems).toMatchObject([{ code: 'GUARD_FAILED' }])
    expect(await keys(disk)).toEqual(before)
  })
})

async function keys(disk: MemoryStore): Promise<string[]> {
  const all: string[] = []
  for await (const key of disk.list('')) all.push(key)
  return all
}
