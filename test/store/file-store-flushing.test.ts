import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { failAt, faultyFileSystem, type Operation, systemError } from './faulty-file-system.ts'
import { bytes, scratch } from './scratch.ts'
import { old, storeWith } from './store-with.ts'

describe('flushing', () => {
  it('that fails is not tried again on that file', async () => {
    const calls: Operation[] = []
    const fault = failAt('fsync', 'EIO')
    const { dir, store } = await storeWith((operation, args) => {
      calls.push(operation)
      return fault(operation, args)
    })
    await expect(store.store('k', bytes('new'))).rejects.toMatchObject({ code: 'IO', cause: { code: 'EIO' } })
    // First of all: is that still the directory that is locked?
    expect(calls).toEqual(['identity', 'open', 'write', 'fstat', 'fsync', 'close', 'unlink'])
    expect(fs.readdirSync(dir)).toEqual(['6b'])
    await store.store('k', bytes('new'))
    await store.close()
  })

  it('that is interrupted is not tried again either', async () => {
    const { store } = await storeWith(failAt('fsync', 'EINTR'))
    await expect(store.store('k', bytes('new'))).rejects.toMatchObject({ code: 'IO' })
    await store.close()
  })

  it('comes in this order: file, name, directory', async () => {
    const calls: string[] = []
    const { dir, store } = await storeWith((operation, args) => {
      const [path, to] = args
      const kind = path === dir ? ' directory' : ''
      calls.push(`${operation}${kind}${operation === 'rename' ? ` ${String(to).slice(dir.length + 1)}` : ''}`)
    })
    await store.store('k', bytes('new'))
    const file = ['open', 'write', 'fstat', 'fsync', 'close', 'rename 6b']
    expect(calls).toEqual(['identity directory', ...file, 'open directory', 'fsync', 'close'])
    calls.length = 0
    await store.remove('k')
    expect(calls).toEqual(['lstat', 'unlink', 'open directory', 'fsync', 'close'])
    await store.close()
  })

  it('of the directory failing after the rename is an error: the write may be undone by a power loss', async () => {
    const { store } = await storeWith(failAt('fsync', 'EIO', 2))
    await expect(store.store('k', bytes('new'))).rejects.toMatchObject({ code: 'IO', key: 'k' })
    expect(await store.load('k')).toEqual(bytes('new'))
    await store.close()
  })

  it('of the directory is shared by writes at the same time', async () => {
    let flushes = 0
    const dir = join(scratch(), 'store')
    const io = faultyFileSystem((operation, args) => {
      if (operation === 'open' && args[0] === dir) flushes++
    })
    const store = await FileStore.open(dir, { io })
    flushes = 0
    await Promise.all(Array.from({ length: 50 }, (_, i) => store.store(String(i), old)))
    expect(flushes).toBeGreaterThan(0)
    expect(flushes).toBeLessThan(50)
    await store.close()
  })

  it.each(['EINVAL', 'ENOTSUP', 'EPERM'])('a directory that answers %s makes the level "process"', async code => {
    const dir = join(scratch(), 'store')
    const io = faultyFileSystem((operation, args) => {
      if (operation === 'open' && args[0] === dir) throw systemError(code)
    })
    const store = await FileStore.open(dir, { io })
    expect(store.durability).toBe('process')
    await store.store('k', old)
    expect(await store.load('k')).toEqual(old)
    await store.close()
  })

  it('of the name of the directory is done anew for one that another program put in its place', async () => {
    let parents = 0
    const { dir, store } = await storeWith((operation, args) => {
      if (operation === 'open' && args[0] === join(dir, '..')) parents++
    })
    await store.store('k', bytes('new'))
    expect(parents).toBe(0)
    // Not removed: the new one could have its number.
    fs.renameSync(dir, `${dir}.old`)
    fs.mkdirSync(dir, { mode: 0o700 })
    await store.store('k', bytes('newer'))
    expect(parents).toBe(1)
    await store.close()
  })

  it('of a removal that failed is made up for by the next one of the same key, though there is no file any more', async () => {
    let flushes = 0
    const fails = failAt('fsync', 'EIO')
    const { store } = await storeWith((operation, args) => {
      if (operation === 'fsync') flushes++
      return fails(operation, args)
    })
    await store.remove('none')
    expect(flushes).toBe(0)
    await expect(store.remove('k')).rejects.toMatchObject({ code: 'IO', key: 'k' })
    expect(await store.load('k')).toBeUndefined()
    expect(flushes).toBe(1)
    await store.remove('k')
    expect(flushes).toBe(2)
    await store.remove('k')
    expect(flushes).toBe(2)
    await store.close()
  })

  it('of a clear() that failed is made up for by the next one, though nothing is listed any more', async () => {
    const dir = join(scratch(), 'store')
    const faults = { isBroken: false, flushes: 0 }
    const io = faultyFileSystem(operation => {
      if (operation !== 'fsync') return
      faults.flushes++
      if (faults.isBroken) throw systemError('EIO')
    })
    const store = await FileStore.open(dir, { io })
    const cache = new SnapshotCache(store)
    // Small: all of it rides in the head.
    await cache.store({ one: 1 })
    faults.isBroken = true
    await expect(cache.clear()).rejects.toMatchObject({ code: 'IO' })
    expect(fs.readdirSync(dir)).toEqual([])
    await expect(cache.clear()).rejects.toMatchObject({ code: 'IO' })
    faults.isBroken = false
    faults.flushes = 0
    await cache.clear()
    expect(faults.flushes).toBe(1)
    await cache.clear()
    expect(faults.flushes).toBe(1)
    await store.close()
  })

  it('never happens with durability "process"', async () => {
    const { store } = await storeWith(failAt('fsync', 'EIO', 1, true), 'process')
    await store.store('k', bytes('new'))
    await store.store('big', new Uint8Array(200_000))
    await store.remove('k')
    expect(store.durability).toBe('process')
    await store.close()
  })
})
