import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiskBlobStore } from '../../../src/blob/disk/disk-blob-store.ts'
import { inPieces } from '../../../src/contract/blob-samples.ts'
import { keyFile } from '../../../src/store/key-file.ts'
import { faultyFileSystem, systemError } from '../../store/faulty-file-system.ts'
import { bytes, scratch } from '../../store/scratch.ts'
import { large, left, same, shares, sound, textOf, withStore } from './content-scene.ts'
import { bodyCensus, bodyFile, dataFile, filesIn, flipByte } from './disk-handle.ts'

describe('equal bodies', () => {
  it('are one file, with metadata of their own, until the last is gone', async () => {
    await withStore({}, async (store, dir) => {
      await store.put('n', 'a', large, { contentType: 'a/a' })
      await store.putStream('n', 'b', inPieces(large, 30_000), { contentType: 'b/b' })
      await store.put('other', 'k'.repeat(500), large, { metadata: { c: 'c' } })
      const path = bodyFile(dir, 'n', 'a', shares)
      // Three entries, and the name by which it is found.
      expect(fs.statSync(path)).toMatchObject({ nlink: 4, size: large.byteLength })
      expect((await store.head('n', 'a'))?.contentType).toBe('a/a')
      expect((await store.get('n', 'b'))?.meta.contentType).toBe('b/b')
      expect(Buffer.from((await store.get('n', 'b'))!.bytes).equals(large)).toBe(true)
      expect(await bodyCensus(store, ['n', 'other'])).toEqual(sound)
      await store.put('n', 'a', bytes('something else'))
      expect(await store.delete('n', 'b')).toBe(true)
      const part = await store.open('other', 'k'.repeat(500), { start: 1, end: 3 })
      expect(await new Response(part?.stream).bytes()).toEqual(new Uint8Array([7, 7]))
      expect(await store.deleteNamespace('other')).toBe(1)
      expect(filesIn(dir).filter(name => fs.statSync(join(dir, name)).size > 1000)).toEqual([])
      await store.delete('n', 'a')
      expect(filesIn(dir)).toEqual([])
    })
  })

  it('are found by who puts them at the same time, and by other stores', async () => {
    await withStore({}, async (store, dir) => {
      await using other = await DiskBlobStore.open(dir, shares)
      const puts = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? store : other).put('n', `k${i}`, large))
      await Promise.all(puts)
      expect(await bodyCensus(store, ['n'])).toEqual(sound)
      expect(fs.statSync(bodyFile(dir, 'n', 'k7', shares)).nlink).toBe(21)
    })
  })

  it('are found again after somebody linked to one at the moment in which it went', async () => {
    const dir = join(scratch(), 'blobs')
    const link = join(dir, 'temp', 'link of somebody else')
    const io = faultyFileSystem((operation, [from]) => {
      if (operation === 'rename' && /bodies\/[0-9a-f]{64}$/.test(String(from))) fs.linkSync(String(from), link)
    })
    await using store = await DiskBlobStore.open(dir, { ...shares, io })
    await store.put('n', 'a', same)
    await store.delete('n', 'a')
    await store.put('n', 'b', same)
    expect(fs.statSync(bodyFile(dir, 'n', 'b', shares))).toMatchObject({ nlink: 3, ino: fs.statSync(link).ino })
  })

  it('that are empty, put again or put back are what they are', async () => {
    await withStore({}, async (store, dir) => {
      await store.put('n', 'empty', new Uint8Array(0))
      expect(filesIn(dir)).toHaveLength(1)
      for (const word of ['a', 'a', 'b', 'a', '', 'a']) {
        await store.put('n', 'k', bytes(word))
        expect(await textOf(store, 'k')).toBe(word)
        expect(await bodyCensus(store, ['n'])).toEqual(sound)
      }
    })
  })

  it('stay what they are for who reads while they go', async () => {
    await withStore({}, async (store, dir) => {
      await store.put('n', 'k', large)
      const opened = await store.open('n', 'k')
      await store.delete('n', 'k')
      expect(filesIn(dir)).toEqual([])
      expect(Buffer.from(await new Response(opened?.stream).arrayBuffer()).equals(large)).toBe(true)
    })
  })
})

describe('a store without the option', () => {
  it('reads, replaces and deletes what is stored once, and takes bodies away with it', async () => {
    await withStore({}, async (store, dir) => {
      for (const key of 'abcd') await store.put('n', key, large)
      await using plain = await DiskBlobStore.open(dir, { durability: 'process' })
      expect((await plain.get('n', 'a'))?.bytes.byteLength).toBe(large.byteLength)
      await plain.put('n', 'a', bytes('a'))
      await plain.delete('n', 'b')
      expect(fs.statSync(bodyFile(dir, 'n', 'c', shares)).nlink).toBe(3)
      await plain.put('n', 'c', large)
      await plain.delete('n', 'd')
      expect(filesIn(dir)).toHaveLength(2)
      for (const key of 'ac') await store.put('n', key, large)
      expect(await bodyCensus(store, ['n'])).toEqual(sound)
      await using reading = await DiskBlobStore.open(dir, { readOnly: true, contentAddressed: true })
      expect((await reading.get('n', 'c'))?.bytes.byteLength).toBe(large.byteLength)
    })
  })
})

describe('damage', () => {
  it('of a body is a miss for all who have it, and ends with the next put', async () => {
    await withStore({}, async (store, dir, problems) => {
      for (const key of 'abc') await store.put('n', key, same)
      flipByte(bodyFile(dir, 'n', 'a', shares))
      expect(await store.get('n', 'a')).toBeUndefined()
      // A put must not take over what is damaged, though b and c still have it.
      await store.put('n', 'a', same)
      await store.put('n', 'd', same)
      for (const key of 'ad') expect(Buffer.from((await store.get('n', key))!.bytes).equals(same)).toBe(true)
      for (const key of 'bc') expect(await store.get('n', key)).toBeUndefined()
      expect(problems).toMatchObject([...'abc'].map(key => ({ code: 'damaged', key })))
      expect(await bodyCensus(store, ['n'])).toEqual(sound)
    })
  })

  it('a body that is missing, or of another size, is a miss, also for head and list', async () => {
    await withStore({}, async (store, dir, problems) => {
      for (const key of 'abcd') await store.put('n', key, bytes(`body of ${key}`))
      fs.rmSync(bodyFile(dir, 'n', 'a', shares))
      fs.truncateSync(bodyFile(dir, 'n', 'b', shares), 3)
      fs.rmSync(bodyFile(dir, 'n', 'c', shares))
      expect(await store.head('n', 'a')).toBeUndefined()
      expect(await left(store)).toBe('d')
      expect(await store.open('n', 'c')).toBeUndefined()
      expect(problems.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
      expect(await bodyCensus(store, ['n'])).toEqual(sound)
    })
  })

  it('of an entry leaves no body behind', async () => {
    await withStore({}, async (store, dir) => {
      await store.put('n', 'k', same)
      flipByte(dataFile(dir, 'n', 'k'))
      expect(await store.get('n', 'k')).toBeUndefined()
      await store.sweep('n')
      expect(filesIn(dir)).toEqual([])
    })
  })
})

describe('what crashes leave', () => {
  it('is removed by sweep, and nothing else is', async () => {
    await withStore({}, async (store, dir) => {
      for (const key of 'ab') await store.put('n', key, large)
      await store.put('n', 'own', bytes('own'))
      const body = bodyFile(dir, 'n', 'a', shares)
      const folder = join(dir, 'links', keyFile('n').name)
      fs.linkSync(body, join(folder, `${keyFile('gone').name}.${'0'.repeat(32)}`))
      fs.linkSync(body, join(folder, `${keyFile('b').name}.${'0'.repeat(32)}`))
      fs.writeFileSync(join(dir, 'bodies', 'a'.repeat(64)), 'x')
      fs.writeFileSync(join(dir, 'bodies', 'no digest'), 'x')
      expect(await store.sweep('n')).toBe(3)
      fs.rmSync(join(dir, 'bodies', 'no digest'))
      expect(await bodyCensus(store, ['n'])).toEqual(sound)
      expect(await store.sweep('n')).toBe(0)
    })
  })

  const scenes: readonly [string, (store: DiskBlobStore) => Promise<unknown>, readonly (string | undefined)[]][] = [
    ['a put of another body', store => store.put('n', 'k', bytes('new')), ['old', 'new']],
    ['a put of a body that is there', store => store.put('n', 'k', bytes('other')), ['old', 'other']],
    ['a put of the same body', store => store.put('n', 'k', bytes('old'), { contentType: 'n' }), ['old', 'old']],
    ['a put of a body that is shared', store => store.put('n', 'twin', bytes('new')), ['old', 'old']],
    ['a delete', store => store.delete('n', 'k'), ['old', undefined]],
    ['a put of nothing', store => store.put('n', 'k', new Uint8Array(0)), ['old', '']],
  ]
  it.each(scenes)('at any call of %s: old or new, and what the sweep removes', async (_, run, wanted) => {
    for (let diesAt = 1; ; diesAt++) {
      const dir = join(scratch(), 'blobs')
      const before = await DiskBlobStore.open(dir, { ...shares, maxBytes: 1000 })
      for (const [key, word] of [
        ['k', 'old'],
        ['twin', 'old'],
        ['other', 'other'],
      ] as const) {
        await before.put('n', key, bytes(word))
      }
      await before.close()
      let calls = 0
      let isArmed = false
      const io = faultyFileSystem(operation => {
        if (isArmed && ++calls >= diesAt) throw systemError('EIO')
        // No power is lost here.
        return operation === 'fsync' ? true : undefined
      })
      const dying = await DiskBlobStore.open(dir, { ...shares, durability: 'power', maxBytes: 1000, io })
      isArmed = true
      const isDone = await run(dying).then(
        () => true,
        () => false,
      )
      isArmed = false
      // As when the process has ended, which it cannot here.
      for (const folder of ['temp', 'claims']) {
        for (const name of fs.readdirSync(join(dir, folder))) fs.rmSync(join(dir, folder, name))
      }
      const problems: unknown[] = []
      await using store = await DiskBlobStore.open(dir, { ...shares, onProblem: each => void problems.push(each) })
      expect(isDone ? wanted.slice(1) : wanted, `died at ${diesAt}`).toContain(await textOf(store, 'k'))
      expect(await textOf(store, 'other')).toBe('other')
      expect(['old', 'new']).toContain(await textOf(store, 'twin'))
      expect(await bodyCensus(store, ['n']), `died at ${diesAt}`).toEqual(sound)
      expect(problems).toEqual([])
      await dying.close()
      if (calls < diesAt) break
    }
  })
})

it('names are flushed before what relies on them, and before what they replace goes', async () => {
  const calls: string[] = []
  const opened = new Map<unknown, string>()
  let isStuck = false
  const dir = join(scratch(), 'blobs')
  const short = (path: unknown): string =>
    String(path)
      .slice(dir.length + 1)
      .split('/')
      .slice(0, 2)
      .join('/')
  const io = faultyFileSystem((operation, args) => {
    if (operation === 'open') {
      const fd = fs.openSync(String(args[0]), Number(args[1]), Number(args[2]))
      opened.set(fd, short(args[0]))
      return fd
    }
    if (operation === 'fsync') calls.push(`fsync ${opened.get(args[0])?.replace(/^temp.*/, 'temp')}`)
    if (operation === 'rename') calls.push(`rename to ${short(args[1])}`)
    if (operation === 'unlink' && short(args[0]).startsWith('links')) {
      if (isStuck) throw systemError('EIO')
      calls.push(`unlink in ${short(args[0])}`)
    }
    return undefined
  })
  await using store = await DiskBlobStore.open(dir, { contentAddressed: true, io })
  await store.put('n', 'k', bytes('old'))
  calls.length = 0
  await store.put('n', 'k', bytes('new'))
  expect(calls.slice(0, 7)).toEqual([
    'fsync temp',
    'fsync temp',
    'rename to links/6e',
    'fsync links/6e',
    'rename to entries/6e',
    'fsync entries/6e',
    'unlink in links/6e',
  ])
  expect(calls.filter(call => call.startsWith('fsync'))).toHaveLength(4)
  // A body whose entry another one replaced, by a process that died before it flushed that.
  isStuck = true
  await store.put('n', 'k', bytes('newer'))
  isStuck = false
  calls.length = 0
  await store.sweep('n')
  expect(calls.slice(0, 2)).toEqual(['fsync entries/6e', 'unlink in links/6e'])
  calls.length = 0
  await store.delete('n', 'k')
  expect(calls.slice(0, 2)).toEqual(['fsync entries/6e', 'unlink in links/6e'])
})

describe('a file system', () => {
  it('without hard links is UNAVAILABLE at once, and for reading it is not', async () => {
    for (const code of ['EPERM', 'ENOTSUP', 'ENOSYS']) {
      const io = faultyFileSystem(operation => {
        if (operation === 'link') throw systemError(code)
      })
      const dir = join(scratch(), 'blobs')
      await expect(DiskBlobStore.open(dir, { ...shares, io })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      expect(filesIn(dir)).toEqual([])
      await using reading = await DiskBlobStore.open(dir, { ...shares, io, readOnly: true })
      expect(await reading.get('n', 'k')).toBeUndefined()
    }
  })

  it('that gives a file no more names has another file from then on', async () => {
    let links = 0
    const io = faultyFileSystem((operation, [from]) => {
      if (operation === 'link' && /bodies\/[0-9a-f]{64}$/.test(String(from)) && ++links === 3)
        throw systemError('EMLINK')
    })
    await withStore({ io }, async (store, dir) => {
      for (const key of 'abcdef') await store.put('n', key, same)
      for (const key of 'abcdef') expect((await store.get('n', key))?.bytes.byteLength).toBe(400)
      expect(await bodyCensus(store, ['n'])).toEqual({ wrong: [], copies: 1 })
      expect(fs.statSync(bodyFile(dir, 'n', 'a', shares)).nlink).toBe(2)
      // Those of c to f, and the one by which it is found.
      expect(fs.statSync(bodyFile(dir, 'n', 'f', shares)).nlink).toBe(5)
    })
  })

  it('refuses options that are none', async () => {
    const dir = join(scratch(), 'blobs')
    await expect(DiskBlobStore.open(dir, { contentAddressed: 1 as never })).rejects.toThrow(TypeError)
    await expect(DiskBlobStore.open(dir, { ...shares, layout: 'diskblob' })).rejects.toThrow(RangeError)
  })
})
