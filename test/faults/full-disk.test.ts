import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openFlags, realFileSystem } from '../../src/store/file-io.ts'
import { type Durability, FileStore } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import type { Store } from '../../src/store/store.ts'
import { type AppState, makeState, openApp } from '../snapshot/app-state.ts'
import { expectTidy, indexOfState } from '../snapshot/expect-whole.ts'
import { useSmallLimits } from '../snapshot/small-limits.ts'
import { type Fault, faultyFileSystem, systemError } from '../store/faulty-file-system.ts'
import { scratch } from '../store/scratch.ts'
import { mountSmallDisk, noMounts } from './small-disk.ts'

useSmallLimits()

const canMount = noMounts() === undefined
const durabilities: readonly Durability[] = ['power', 'process']
const openers = {
  FileStore: async (dir: string, durability: Durability) => closing(await FileStore.open(dir, { durability })),
  LevelStore: async (dir: string, durability: Durability) => closing(await LevelStore.open(dir, { durability })),
} as const

// Device and inode numbers of a disk that is gone are given to the next one: no lock on them may outlive its test.
function closing<S extends FileStore | LevelStore>(store: S): S {
  onTestFinished(() => store.close())
  return store
}

function bigger(tick: number): AppState {
  const state = makeState(tick, 30)
  state.peers![0]!.name = `${tick} `.repeat(20_000)
  return state
}

async function stateOf(store: Store): Promise<AppState | undefined> {
  return (await openApp(store).load())?.state
}

describe.runIf(canMount).each(Object.entries(openers))('a full disk under %s', (name, open) => {
  it.each(durabilities)('durability %s: old or new, readable while full, works again with space', async durability => {
    const disk = mountSmallDisk(name === 'FileStore' ? 1024 : 8192)
    const dir = join(disk.dir, 'store')
    const store = await open(dir, durability)
    const cache = openApp(store)
    let state = bigger(0)
    await cache.store(state)
    let failures = 0
    // From no space at all to enough for everything, page by page.
    for (let pages = 0; pages <= 60; pages += name === 'FileStore' ? 1 : 2) {
      const at = `${pages} pages left`
      disk.fill(pages * 4096)
      const next = bigger(pages + 1)
      const error: unknown = await cache.store(next).then(
        ({ sweepError }) => sweepError,
        thrown => thrown,
      )
      if (error !== undefined) {
        failures++
        expect(error, at).toMatchObject({ name: 'CacheError', code: 'STORE_FULL' })
      }
      // Both by the cache that failed and by a new one, while the disk is as it is.
      for (const loader of [cache, openApp(store)]) {
        const found = (await loader.load())?.state
        expect(indexOfState(error === undefined ? [next] : [state, next], found), at).toBeGreaterThanOrEqual(0)
        state = found!
      }
      disk.empty()
      state = bigger(pages + 1000)
      await cache.store(state)
      expect(await stateOf(store), at).toStrictEqual(state)
    }
    expect(failures).toBeGreaterThan(3)
    await expectTidy(store, 'with space')
    await store.close()
    const again = await open(dir, durability)
    expect(await stateOf(again)).toStrictEqual(state)
    await again.close()
  })

  it('opened while it is full: what is stored is there, or a typed error and later it is', async () => {
    const disk = mountSmallDisk(name === 'FileStore' ? 1024 : 8192)
    const dir = join(disk.dir, 'store')
    const store = await open(dir, 'power')
    await openApp(store).store(bigger(1))
    await store.close()
    disk.fill(0)
    const opened = await open(dir, 'power').catch((error: unknown) => {
      expect(error).toMatchObject({ name: 'CacheError', code: 'STORE_FULL' })
      return undefined
    })
    // A directory needs no space to be read; LevelDB writes to open.
    if (name === 'FileStore') expect(await stateOf(opened!)).toStrictEqual(bigger(1))
    await opened?.close()
    disk.empty()
    const again = await open(dir, 'power')
    expect(await stateOf(again)).toStrictEqual(bigger(1))
    await again.close()
  })
})

describe.runIf(canMount)('a disk that is remounted read-only', () => {
  it.each(durabilities)(
    'under a live FileStore, durability %s: loads go on, stores are READ_ONLY',
    async durability => {
      const disk = mountSmallDisk(1024)
      const dir = join(disk.dir, 'store')
      const store = await FileStore.open(dir, { durability })
      const cache = openApp(store)
      await cache.store(makeState(1))
      disk.remount('ro')
      for (let i = 0; i < 3; i++) {
        await expect(cache.store(makeState(2))).rejects.toMatchObject({
          name: 'CacheError',
          code: 'READ_ONLY',
          cause: { code: 'EROFS' },
        })
        expect((await cache.load())?.state).toStrictEqual(makeState(1))
      }
      await expect(cache.clear()).rejects.toMatchObject({ code: 'READ_ONLY' })
      const reader = await FileStore.open(dir, { readOnly: true })
      expect(await stateOf(reader)).toStrictEqual(makeState(1))
      await reader.close()
      disk.remount('rw')
      await cache.store(makeState(3))
      expect(await stateOf(store)).toStrictEqual(makeState(3))
      await expectTidy(store, 'writable again')
      await store.close()
    },
  )

  it('before it is opened: FileStore reads with readOnly, all else is READ_ONLY', async () => {
    const disk = mountSmallDisk(8192)
    for (const [name, open] of Object.entries(openers)) {
      const dir = join(disk.dir, name)
      const store = await open(dir, 'power')
      await openApp(store).store(makeState(1))
      await store.close()
      fs.chmodSync(dir, 0o755)
      disk.remount('ro')
      await expect(open(dir, 'power')).rejects.toMatchObject({ name: 'CacheError', code: 'READ_ONLY' })
      disk.remount('rw')
      fs.chmodSync(dir, 0o700)
      disk.remount('ro')
      await expect(open(dir, 'power')).rejects.toMatchObject({ name: 'CacheError', code: 'READ_ONLY' })
      await expect(open(join(disk.dir, 'new'), 'power')).rejects.toMatchObject({ code: 'READ_ONLY' })
      if (open === openers.FileStore) {
        const reader = await FileStore.open(dir, { readOnly: true })
        expect(await stateOf(reader)).toStrictEqual(makeState(1))
        await reader.close()
      }
      disk.remount('rw')
      const again = await open(dir, 'power')
      expect(await stateOf(again)).toStrictEqual(makeState(1))
      await again.close()
    }
  })
})

/** A disk of `room` bytes: writes are cut short where it ends, and then refused. Removing gives nothing back. */
function bounded(room: { bytes: number }): Fault {
  return (operation, args) => {
    if (operation === 'open' && args[1] === openFlags.create && room.bytes <= 0) throw systemError('ENOSPC')
    if (operation !== 'write') return undefined
    const [fd, data, offset, length] = args as [number, Uint8Array, number, number]
    if (room.bytes <= 0) throw systemError('ENOSPC')
    const written = fs.writeSync(fd, data, offset, Math.min(length, room.bytes))
    room.bytes -= written
    return written
  }
}

// Where nothing can be mounted this is the only one; it also stops at every byte instead of every page.
describe('a disk that is full after so many bytes', () => {
  it.each(durabilities)('durability %s: old or new, readable while full, works again with space', async durability => {
    const dir = join(scratch(), 'store')
    const room = { bytes: Number.POSITIVE_INFINITY }
    const io = faultyFileSystem(bounded(room), { pooled: realFileSystem.blocking })
    const store = await FileStore.open(dir, { durability, io })
    const cache = openApp(store)
    await cache.store(makeState(0, 12))
    let isThrough = false
    for (let bytes = 0; !isThrough; bytes += 97) {
      const before = await stateOf(store)
      room.bytes = bytes
      const next = makeState(bytes + 1, 12)
      const error: unknown = await cache.store(next).then(
        () => undefined,
        thrown => thrown,
      )
      isThrough = error === undefined
      if (!isThrough) expect(error).toMatchObject({ code: 'STORE_FULL', cause: { code: 'ENOSPC' } })
      expect(indexOfState(isThrough ? [next] : [before], await stateOf(store))).toBe(0)
      room.bytes = Number.POSITIVE_INFINITY
      await cache.store(makeState(bytes + 2, 12))
      expect(await stateOf(store)).toStrictEqual(makeState(bytes + 2, 12))
    }
    expect(fs.readdirSync(dir).filter(file => file.startsWith('ff74'))).toEqual([])
    await store.close()
  })
})
