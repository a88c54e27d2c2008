import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { contents, makeState, openApp } from './app-state.ts'
import { expectTidy } from './expect-whole.ts'

/** Damages the segments of a column, those of one generation if it is named. */
async function damage(disk: MemoryStore, column: string, generation?: number): Promise<void> {
  const id = generation?.toString(16).padStart(12, '0') ?? ''
  let count = 0
  for (const [key, value] of await contents(disk)) {
    if (!key.startsWith(`app/${column}/${id}`)) continue
    value[value.byteLength - 1]! ^= 1
    await disk.store(key, value)
    count++
  }
  expect(count).toBeGreaterThan(0)
}

async function brokenNewest(): Promise<MemoryStore> {
  const disk = new MemoryStore()
  await openApp(disk).store(makeState(1, 400))
  await openApp(disk).store(makeState(2, 400))
  await damage(disk, 'peers', 2)
  return disk
}

for (const immutable of [false, true]) {
  describe(`where the newest snapshot is broken, immutable: ${immutable}`, () => {
    for (const isLoadedFirst of [false, true]) {
      it(`a partial write builds on the one before, as a load does (loaded first: ${isLoadedFirst})`, async () => {
        const disk = await brokenNewest()
        const cache = openApp(disk, { immutable })
        if (isLoadedFirst) expect((await cache.load())?.report.fallback).toBe(true)
        await cache.update({ dns: ['new'] })
        await cache.patch('peers', { remove: ['n1'] })
        const wanted = { ...makeState(1, 400), dns: ['new'] }
        wanted.peers = wanted.peers!.filter(({ id }) => id !== 'n1')
        expect((await openApp(disk).load())?.state).toStrictEqual(wanted)
        await cache.store(makeState(3))
        await expectTidy(disk, 'after the partial writes')
      })
    }

    for (const how of ['damaged', 'gone'] as const) {
      it(`a partial write builds on what a load gives, also if the index of an array is ${how}`, async () => {
        const disk = new MemoryStore()
        await openApp(disk).store(makeState(1, 400))
        await openApp(disk).store(makeState(2, 400))
        const [index] = [...(await contents(disk)).keys()].filter(key => key.startsWith('app/peers/000000000002-'))
        if (how === 'gone') await disk.remove(index!)
        else await disk.store(index!, new Uint8Array(7))
        // State that may be changed in place is loaded without the keys of its elements: nothing is missing then.
        const { state } = (await openApp(disk, { immutable }).load())!
        expect(state).toStrictEqual(makeState(immutable ? 1 : 2, 400))
        await openApp(disk, { immutable }).patch('peers', { remove: ['n1'] })
        const found = await openApp(disk, { immutable }).load()
        expect(found?.state).toStrictEqual({ ...state, peers: state.peers!.filter(({ id }) => id !== 'n1') })
        expect(found?.report.problems).toEqual([])
        await openApp(disk).store(makeState(3))
        await expectTidy(disk, 'after the partial write')
      })
    }

    it('a column that is replaced need not be whole', async () => {
      const disk = await brokenNewest()
      await openApp(disk, { immutable }).update({ peers: [] })
      expect((await openApp(disk).load())?.state).toStrictEqual({ ...makeState(2, 400), peers: [] })
    })

    it('a store of what is left makes it the newest again', async () => {
      const disk = await brokenNewest()
      const cache = openApp(disk, { immutable })
      const snapshot = (await cache.load())!
      await cache.store(snapshot.state)
      expect(await openApp(disk).load()).toMatchObject({ report: { problems: [], fallback: false } })
      await cache.store(makeState(3))
      await expectTidy(disk, 'after the store')
    })

    it('damage under a cache that believes in what it wrote ends in a CacheError, and a store heals it', async () => {
      const disk = new MemoryStore()
      const cache = openApp(disk, { immutable })
      const state = makeState(1, 3000)
      await cache.store(state)
      const set = (first: number): NonNullable<typeof state.peers> =>
        state.peers!.slice(first, first + 400).map(peer => ({ ...peer, name: `x${first}${'y'.repeat(30)}` }))
      await cache.patch('peers', { set: set(0) })
      await damage(disk, 'peers')
      for (let first = 400; first < 3000; first += 400) {
        await cache
          .patch('peers', { set: set(first) })
          .catch(error => expect(error).toMatchObject({ name: 'CacheError' }))
      }
      await cache.store(makeState(2, 10))
      expect((await openApp(disk).load())?.state).toStrictEqual(makeState(2, 10))
    })
  })
}
