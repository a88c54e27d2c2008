import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiskBlobStore } from '../../src/blob/disk/disk-blob-store.ts'
import { storeContract } from '../../src/contract/index.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { runBlobContract } from '../blob/run-blob-contract.ts'
import { runCases } from '../contract/run-cases.ts'
import { bytes, keysOf, scratch } from '../store/scratch.ts'
import { type WindowsRules, windowsFileSystem } from '../store/windows-file-system.ts'

// No machine with Windows or macOS runs these tests: they show that the code keeps to what is documented of them.

const keys = [
  'CON',
  'aux.txt',
  'a:b',
  'a*',
  'x.',
  'x ',
  'Key',
  'key',
  'KEY',
  'é',
  'e\u0301',
  'k'.repeat(1024),
  '..',
  'a\\b',
  'a/b',
]

async function openFiles(rules?: WindowsRules): Promise<{ dir: string; store: FileStore }> {
  const dir = join(scratch(), 'store')
  // A pipe of Windows is a socket here, in the current directory.
  return { dir, store: await FileStore.open(dir, { io: windowsFileSystem(dir, rules), lock: false }) }
}

async function openBlobs(rules?: WindowsRules): Promise<{ dir: string; store: DiskBlobStore }> {
  const dir = join(scratch(), 'blobs')
  return { dir, store: await DiskBlobStore.open(dir, { io: windowsFileSystem(dir, rules) }) }
}

runCases(
  'FileStore where files are scanned, as on Windows',
  storeContract(
    async () => {
      const { store } = await openFiles()
      return { store, dispose: () => store.close() }
    },
    { maxValueBytes: 70_000 },
  ),
)

runBlobContract('DiskBlobStore where files are scanned, as on Windows', async () => {
  const { store } = await openBlobs()
  return { store, dispose: () => store.close() }
})

describe('names', () => {
  it('of FileStore are those that every file system takes, and tells apart', async () => {
    const odd: string[] = []
    const { store } = await openFiles({ onName: name => odd.push(name) })
    for (const key of keys) await store.store(key, bytes(key))
    for (const key of keys) expect(await store.load(key)).toEqual(bytes(key))
    expect((await keysOf(store)).length).toBe(keys.length)
    expect(odd).toEqual([])
    await store.close()
  })

  it('of DiskBlobStore too', async () => {
    const odd: string[] = []
    const { store } = await openBlobs({ onName: name => odd.push(name) })
    const takes = keys.filter(key => key !== '..')
    for (const name of takes) await store.put(name, name, bytes(name))
    for (const name of takes) expect((await store.get(name, name))?.bytes).toEqual(bytes(name))
    expect(odd).toEqual([])
    await store.close()
  })

  it('of layout diskblob are those of the keys, and Windows refuses some', async () => {
    const dir = join(scratch(), 'blobs')
    const io = windowsFileSystem(dir)
    await using store = await DiskBlobStore.open(dir, { io, layout: 'diskblob' })
    for (const key of ['CON', 'aux.txt', 'a:b', 'x.', 'dir/nul/x'])
      await expect(store.put('n', key, bytes('x'))).rejects.toMatchObject({ code: 'INVALID_KEY' })
    await store.put('n', 'console', bytes('x'))
    expect((await store.get('n', 'console'))?.bytes).toEqual(bytes('x'))
  })
})

describe('what cannot be flushed', () => {
  it('is not promised, but files are flushed', async () => {
    const { store } = await openFiles()
    expect(store.durability).toBe('process')
    await store.store('k', bytes('v'))
    await store.close()
    const blobs = await openBlobs()
    expect(blobs.store.durability).toBe('process')
    await blobs.store.put('n', 'k', bytes('v'))
    await blobs.store.close()
  })
})

describe('a file that another program has', () => {
  it('is read once it has been let go', async () => {
    let refusals = 0
    const { store } = await openFiles({ isScanned: operation => operation === 'open' && refusals++ < 3 })
    await store.store('k', bytes('v'))
    expect(await store.load('k')).toEqual(bytes('v'))
    expect(refusals).toBe(4)
    await store.close()
  })

  it('is an error once it has been waited for, not a miss', async () => {
    const { store } = await openFiles({ isScanned: operation => operation === 'open' })
    await store.store('k', bytes('v'))
    await expect(store.load('k')).rejects.toMatchObject({ code: 'NO_ACCESS', key: 'k' })
    await store.close()
  })

  it('is replaced once its reader has let it go, where an open file cannot be', async () => {
    const { dir, store } = await openBlobs({ isScanned: () => false, canReplaceOpen: false })
    await store.put('n', 'k', bytes('old'))
    const reader = await store.open('n', 'k')
    const put = store.put('n', 'k', bytes('new'))
    await reader!.stream.cancel()
    await put
    expect((await store.get('n', 'k'))?.bytes).toEqual(bytes('new'))
    await store.close()
    expect(fs.readdirSync(dir)).not.toEqual([])
  })
})
