import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { copySnapshot } from '../../src/snapshot/copy-snapshot.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { dyingStore } from '../helpers/dying-store.ts'
import { contents, makePeer, makeState, openApp } from './app-state.ts'
import { expectTidy } from './expect-whole.ts'

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'coldsnap-copy-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return join(dir, 'data')
}

describe('copySnapshot()', () => {
  it('moves a cache from memory to files to LevelDB and back, and it goes on there', async () => {
    const memory = new MemoryStore()
    const cache = openApp(memory)
    const state = makeState(1, 1500)
    await cache.store(state)
    await cache.patch('peers', { set: [makePeer(3, { name: 'patched' })], remove: ['n5'] })
    const wanted = (await cache.load())!.state
    const files = await FileStore.open(directory(), { durability: 'process' })
    const level = await LevelStore.open(directory())
    const back = new MemoryStore()
    const way: Store[] = [memory, files, level, back]
    for (const [i, from] of way.slice(0, -1).entries()) {
      const to = way[i + 1]!
      const copied = await copySnapshot(from, to)
      expect(copied).toMatchObject([{ name: 'app', generation: 2, columns: Object.keys(state) }])
      expect((await openApp(to).load())?.state).toStrictEqual(wanted)
      await expectTidy(to, `copy ${i}`)
    }
    expect(await contents(back)).toEqual(await withoutOldHeads(memory))
    await openApp(files).patch('peers', { remove: ['n7'] })
    expect((await openApp(files).load())?.state.peers).toHaveLength(1498)
    await files.close()
    await level.close()
  })

  it('copies every cache, or the one that is named, and keeps the time of saving', async () => {
    const from = new MemoryStore()
    for (const name of ['a', 'a/b', 'ä']) await openApp(from, { name, now: () => 5000 }).store(makeState(1))
    await from.store('a/.DS_Store', new Uint8Array(3))
    const all = new MemoryStore()
    expect((await copySnapshot(from, all)).map(({ name }) => name).sort()).toEqual(['a', 'a/b', 'ä'])
    expect(await openApp(all, { name: 'a/b', now: () => 6000 }).load()).toMatchObject({ ageMs: 1000 })
    const one = new MemoryStore()
    await copySnapshot(from, one, { name: 'a/b' })
    expect(await openApp(one, { name: 'a' }).load()).toBeUndefined()
    expect(await copySnapshot(new MemoryStore(), one)).toEqual([])
    await expect(copySnapshot(from, one, { name: 'no' })).rejects.toMatchObject({ code: 'NOTHING_CACHED' })
  })

  it('does not replace unless it is told to; the copy is then the newest', async () => {
    const from = new MemoryStore()
    await openApp(from).store(makeState(1, 400))
    const to = new MemoryStore()
    for (let tick = 5; tick < 9; tick++) await openApp(to).store(makeState(tick, 400))
    const before = await contents(to)
    await expect(copySnapshot(from, to)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    expect(await contents(to)).toEqual(before)
    const [copied] = await copySnapshot(from, to, { replace: true })
    expect(copied?.generation).toBe(5)
    expect((await openApp(to).load())?.state).toStrictEqual(makeState(1, 400))
    await openApp(to).store(makeState(9))
    await openApp(to).store(makeState(10))
    await expectTidy(to, 'after a copy over another')
  })

  it('takes the newest whole snapshot of a damaged source, and refuses one of which nothing is whole', async () => {
    const from = new MemoryStore()
    await openApp(from).store(makeState(1, 400))
    await openApp(from).store(makeState(2, 400))
    const damage = async (generation: number): Promise<void> => {
      for (const [key, value] of await contents(from)) {
        if (key.startsWith(`app/peers/${generation.toString(16).padStart(12, '0')}`))
          await from.store(key, value.fill(1))
      }
    }
    await damage(2)
    const to = new MemoryStore()
    await copySnapshot(from, to)
    expect((await openApp(to).load())?.state).toStrictEqual(makeState(1, 400))
    await damage(1)
    await expect(copySnapshot(from, new MemoryStore())).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  it('cut off at any write, also a second time, leaves what was there or the copy', async () => {
    const from = new MemoryStore()
    await openApp(from).store(makeState(1, 100))
    await openApp(from).patch('peers', { remove: ['n1'] })
    const wanted = (await openApp(from).load())!.state
    for (const when of ['before', 'after', 'half'] as const) {
      for (let deathAt = 1; ; deathAt++) {
        const disk = new MemoryStore()
        // An older copy of the same snapshot is the newest of the target: its segments have the same names.
        await copySnapshot(from, disk)
        const dying = dyingStore(disk, deathAt, when)
        await copySnapshot(from, dying.store, { replace: true }).catch(() => undefined)
        expect((await openApp(disk).load())?.state, `${when} ${deathAt}`).toStrictEqual(wanted)
        if (!dying.isDead()) break
        await openApp(disk).store(makeState(3))
        await openApp(disk).store(makeState(4))
        await expectTidy(bareStore(disk), `${when} ${deathAt}`)
      }
    }
  })

  it('does not bring a broken snapshot of the target back to life half-way, whose segments have the same names', async () => {
    const from = new MemoryStore()
    await openApp(from).store(makeState(1, 100))
    const broken = new MemoryStore()
    await copySnapshot(from, broken)
    for (const key of (await contents(broken)).keys()) if (key.includes('/peers/')) await broken.remove(key)
    await openApp(from).patch('peers', { remove: ['n1'] })
    const wanted = (await openApp(from).load())!.state
    for (const when of ['before', 'after', 'half'] as const) {
      for (let deathAt = 1; ; deathAt++) {
        const disk = new MemoryStore()
        for (const [key, value] of await contents(broken)) await disk.store(key, value)
        const dying = dyingStore(disk, deathAt, when)
        await copySnapshot(from, dying.store, { replace: true }).catch(() => undefined)
        const loaded = await openApp(disk).load()
        if (loaded !== undefined) expect(loaded.state, `${when} ${deathAt}`).toStrictEqual(wanted)
        if (dying.isDead()) continue
        expect(loaded).toBeDefined()
        break
      }
    }
  })
})

async function withoutOldHeads(store: Store): Promise<Map<string, Uint8Array>> {
  const all = await contents(store)
  const heads = [...all.keys()].filter(key => key.includes('/@head/'))
  for (const key of heads.slice(0, -1)) all.delete(key)
  return all
}
