import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiskBlobStore } from '../../../src/blob/disk/disk-blob-store.ts'
import { UsageTable } from '../../../src/blob/disk/usage-table.ts'
import { faultyFileSystem } from '../../store/faulty-file-system.ts'
import { bytes } from '../../store/scratch.ts'
import { left, same, shares, sound, withStore } from './content-scene.ts'
import { bodyCensus, dataFile } from './disk-handle.ts'

describe('limits', () => {
  it('count a body once, and giving up one of two that have it frees nothing', async () => {
    await withStore({ maxBytes: 1000 }, async store => {
      for (const key of 'abcde') await store.put('n', key, same)
      expect(await store.describe()).toMatchObject({ bytes: 400, count: 5 })
      await store.put('n', 'x', new Uint8Array(500))
      expect(await store.describe()).toMatchObject({ bytes: 900, count: 6 })
      await store.get('n', 'e')
      // 600 more: all of the others have to go before the body of e is worth anything, and it was used last.
      await store.put('n', 'y', new Uint8Array(600).fill(2))
      expect(await left(store)).toBe('ey')
      expect(await store.describe()).toMatchObject({ bytes: 1000, count: 2 })
      expect((await store.get('n', 'e'))?.meta.size).toBe(400)
      expect(await bodyCensus(store, ['n'])).toEqual(sound)
    })
  })

  it('take a body that fits because it is there', async () => {
    await withStore({ maxBytes: 1000 }, async store => {
      await store.put('n', 'a', new Uint8Array(900))
      await store.put('n', 'small', bytes('s'))
      await store.put('n', 'b', new Uint8Array(900))
      await store.put('n', 'small', new Uint8Array(900))
      expect(await left(store)).toBe('absmall')
      expect(await store.describe()).toMatchObject({ bytes: 900, count: 3 })
      // What replaces the last one of a large body may be as large.
      await store.delete('n', 'a')
      await store.delete('n', 'small')
      await store.put('n', 'b', new Uint8Array(950).fill(1))
      expect(await store.describe()).toMatchObject({ bytes: 950, count: 1 })
    })
  })

  it('count the same after the index was lost, and of both kinds of entries', async () => {
    await withStore({ maxBytes: 10_000 }, async (store, dir) => {
      for (const key of 'abc') await store.put('n', key, same)
      await using plain = await DiskBlobStore.open(dir, { durability: 'process', maxBytes: 10_000 })
      for (const key of 'de') await plain.put('n', key, same)
      expect(await store.describe()).toMatchObject({ bytes: 1200, count: 5 })
      fs.rmSync(join(dir, 'index'))
      await plain.put('n', 'f', same)
      for (const each of [store, plain]) expect(await each.describe()).toMatchObject({ bytes: 1600, count: 6 })
      // The log in short says the same.
      fs.appendFileSync(join(dir, 'index'), `u 6e/61 1\n`.repeat(11_000))
      await store.put('n', 'a', same)
      expect(fs.statSync(join(dir, 'index')).size).toBeLessThan(2000)
      await using again = await DiskBlobStore.open(dir, shares)
      expect(await again.describe()).toMatchObject({ bytes: 1600, count: 6 })
    })
  })

  it('count what a writer that died was about to replace, until somebody puts again', async () => {
    await withStore({ maxBytes: 10_000 }, async (store, dir) => {
      await store.put('n', 'k', new Uint8Array(300))
      await store.put('n', 'other', same)
      const entry = dataFile(dir, 'n', 'k')
      let reached = (): void => undefined
      const there = new Promise<void>(resolve => {
        reached = resolve
      })
      const io = faultyFileSystem((operation, [, to]) => {
        if (operation !== 'rename' || to !== entry) return undefined
        reached()
        return new Promise<never>(() => undefined)
      })
      const killed = await DiskBlobStore.open(dir, { ...shares, maxBytes: 10_000, io })
      killed.put('n', 'k', same).catch(() => undefined)
      await there
      expect(await store.describe()).toMatchObject({ bytes: 700, count: 2 })
      await store.delete('n', 'other')
      expect(await store.describe()).toMatchObject({ bytes: 400, count: 1 })
      for (const name of fs.readdirSync(join(dir, 'claims'))) fs.rmSync(join(dir, 'claims', name))
      await store.put('n', 'k', bytes('new'))
      expect(await store.describe()).toMatchObject({ bytes: 3, count: 1 })
    })
  })

  it('are kept by a table that counts holders', () => {
    const table = new UsageTable()
    const usage = { size: 10, expiresAtMs: undefined, usedMs: 1, body: 'x' }
    table.put('a', usage)
    table.put('b', usage)
    expect([table.bytes, table.count]).toEqual([10, 2])
    table.put('b', { ...usage, size: 30, body: 'y', before: usage })
    expect(table.bytes).toBe(40)
    table.remove('a')
    // Of b one or the other: the larger.
    expect(table.bytes).toBe(30)
    table.use('b', 5)
    expect(table.bytes).toBe(30)
    table.put('b', { ...usage, size: 7, body: undefined })
    expect(table.bytes).toBe(7)
    table.remove('b')
    expect([table.bytes, table.count]).toEqual([0, 0])
  })
})
