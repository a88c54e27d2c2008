import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { scratch } from './scratch.ts'

describe('a locked directory that is not at its path any more', () => {
  it('is not written to if another store has what is there now', async () => {
    const dir = join(scratch(), 'store')
    const store = await FileStore.open(dir, { durability: 'process' })
    fs.renameSync(dir, `${dir}-old`)
    const other = await FileStore.open(dir, { durability: 'process' })
    expect([store.exclusive, other.exclusive]).toEqual([false, true])
    await expect(store.store('key', new Uint8Array(1))).rejects.toMatchObject({ code: 'LOCKED' })
    await other.close()
    await store.store('key', new Uint8Array(1))
    expect(store.exclusive).toBe(true)
    await store.close()
  })

  it('makes a cache look again: what it stores next is whole', async () => {
    const dir = join(scratch(), 'store')
    const store = await FileStore.open(dir, { durability: 'process' })
    const open = (): SnapshotCache<{ long: string; n: number }> => new SnapshotCache(store, { immutable: true })
    const long = Array.from({ length: 20_000 }, (_, i) => i ** 2).join()
    const cache = open()
    await cache.store({ long, n: 1 })
    fs.rmSync(dir, { recursive: true })
    await cache.store({ long, n: 2 })
    expect((await open().load())?.state).toEqual({ long, n: 2 })
    await store.close()
  })
})
