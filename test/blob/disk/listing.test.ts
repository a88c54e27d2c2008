import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ListedBlob } from '../../../src/blob/blob-store.ts'
import { DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { compareUtf8 } from '../../../src/bytes/utf8.ts'
import { faultyFileSystem, systemError } from '../../store/faulty-file-system.ts'
import { scratch } from '../../store/scratch.ts'
import { bodyFile, dataFile } from './disk-handle.ts'

const sizes = [0, 1, 100, 900, 1023, 1024, 5000, 10, 300_000, 7]

async function listed(store: DiskBlobStore, prefix?: string): Promise<ListedBlob[]> {
  const found: ListedBlob[] = []
  for await (const each of store.list('n', { prefix })) found.push(each)
  return found
}

async function fill(store: DiskBlobStore): Promise<string[]> {
  const keys: string[] = []
  for (const [i, size] of sizes.entries()) {
    for (const key of [`k${i}`, `ключ ${i}`, `long ${'x'.repeat(200)} ${i}`]) {
      const metadata = i % 3 === 0 ? { note: 'y'.repeat(2000) } : { i: `${i}` }
      await store.put('n', key, new Uint8Array(size).fill(i + 1), { metadata, contentType: 'a/b' })
      keys.push(key)
    }
  }
  return keys.sort(compareUtf8)
}

const ways: readonly DiskBlobStoreOptions[] = [{}, { contentAddressed: true }]

it.each(ways)('a listing tells of each blob what head() does, large and small ones in turns, %j', async options => {
  await using store = await DiskBlobStore.open(join(scratch(), 'blobs'), { durability: 'process', ...options })
  const keys = await fill(store)
  const found = await listed(store)
  expect(found.map(({ key }) => key)).toEqual(keys)
  for (const { key, meta } of found) expect(meta, key).toStrictEqual(await store.head('n', key))
  const some = (await listed(store, 'ключ')).map(({ key }) => key)
  expect(some).toEqual(keys.filter(key => key.startsWith('ключ')))
})

it.each(ways)('a listing leaves out what is damaged, and that alone, %j', async options => {
  const dir = join(scratch(), 'blobs')
  const problems: unknown[] = []
  const onProblem = (problem: unknown): void => void problems.push(problem)
  await using store = await DiskBlobStore.open(dir, { durability: 'process', onProblem, ...options })
  const bodies = ['a', 'b', 'c', 'd', 'e', 'f'].map(
    key => [key, new TextEncoder().encode(`the body of ${key}`)] as const,
  )
  for (const [key, body] of bodies) await store.put('n', key, body)
  const b = dataFile(dir, 'n', 'b')
  fs.truncateSync(b, fs.statSync(b).size - 3)
  // The whole file of another key.
  fs.copyFileSync(dataFile(dir, 'n', 'a'), dataFile(dir, 'n', 'c'))
  const d = dataFile(dir, 'n', 'd')
  // A body that is longer than its trailer says.
  fs.writeFileSync(d, Buffer.concat([Buffer.from('x'), fs.readFileSync(d)]))
  fs.appendFileSync(bodyFile(dir, 'n', 'f', options), 'x')
  expect((await listed(store)).map(({ key }) => key)).toEqual(['a', 'e'])
  expect(problems).toHaveLength(4)
})

it('a listing sees what was put and deleted since it began, and fails when the disk does', async () => {
  const dir = join(scratch(), 'blobs')
  let fails = ''
  const io = faultyFileSystem((operation, args) => {
    if (operation === 'open' && fails !== '' && String(args[0]).endsWith(fails)) throw systemError('EIO')
  })
  await using store = await DiskBlobStore.open(dir, { durability: 'process', io })
  for (const key of ['a', 'b', 'c']) await store.put('n', key, new Uint8Array(10))
  await using other = await DiskBlobStore.open(dir, { durability: 'process' })
  const found: [string, number][] = []
  for await (const { key, meta } of store.list('n')) {
    found.push([key, meta.size])
    await other.delete('n', 'b')
    await other.put('n', 'c', new Uint8Array(20))
  }
  expect(found).toEqual([
    ['a', 10],
    ['c', 20],
  ])
  fails = '/63'
  await expect(listed(store)).rejects.toMatchObject({ code: 'IO' })
})

it('a listing takes three calls for each small blob, and four for a large one', async () => {
  const dir = join(scratch(), 'blobs')
  const calls: string[] = []
  const io = faultyFileSystem((operation, args) => {
    if (operation !== 'open' || String(args[0]).includes('entries')) calls.push(operation)
  })
  await using store = await DiskBlobStore.open(dir, { durability: 'process', io })
  for (let i = 0; i < 20; i++) await store.put('small', `${i}`, new Uint8Array(100))
  for (let i = 0; i < 20; i++) await store.put('large', `${i}`, new Uint8Array(100_000))
  const countOf = async (namespace: string): Promise<number> => {
    calls.length = 0
    for await (const { meta } of store.list(namespace)) expect(meta.size).toBeGreaterThan(0)
    return calls.length
  }
  // Of the directory: lstat and readdir. The first small one is asked for its size.
  expect(await countOf('small')).toBe(2 + 1 + 3 * 20)
  // The first large one is taken for a small one.
  expect(await countOf('large')).toBe(2 + 1 + 4 * 20)
})
