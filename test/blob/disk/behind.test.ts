import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DiskBlobStore } from '../../../src/blob/disk/disk-blob-store.ts'
import { realFileSystem } from '../../../src/store/file-io.ts'
import { faultyFileSystem, systemError } from '../../store/faulty-file-system.ts'
import { scratch } from '../../store/scratch.ts'
import { litterIn } from './disk-handle.ts'

const chunkBytes = 100_000

// More than is gathered in memory, several times.
async function* source(end: () => void = () => undefined): AsyncGenerator<Uint8Array, void, undefined> {
  for (let i = 0; i < 20; i++) yield new Uint8Array(chunkBytes).fill(i)
  end()
}

/** A store whose calls of one kind on the thread pool wait for `open()`, and the calls it made, in order. */
async function gatedStore(gated: 'read' | 'write'): Promise<{
  readonly store: DiskBlobStore
  readonly dir: string
  readonly calls: string[]
  readonly open: () => void
}> {
  const dir = join(scratch(), 'blobs')
  const calls: string[] = []
  let open = (): void => undefined
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  const { pooled } = realFileSystem
  const behindGate = <Args extends unknown[]>(
    call: (...args: Args) => unknown,
  ): ((...args: Args) => Promise<number>) => {
    return async (...args) => {
      calls.push(`${gated} begun`)
      await gate
      const count = Number(await call(...args))
      calls.push(`${gated} ended`)
      return count
    }
  }
  const io = faultyFileSystem(operation => void (operation === 'close' && calls.push('close')), {
    pooled: { ...pooled, [gated]: behindGate<never[]>(pooled[gated]) },
  })
  return { store: await DiskBlobStore.open(dir, { durability: 'process', io }), dir, calls, open }
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}

it('B7 a put that fails while it writes behind closes its file after that, and leaves nothing', async () => {
  const { store, dir, calls, open } = await gatedStore('write')
  await store.put('n', 'k', new Uint8Array(10))
  calls.length = 0
  async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let i = 0; i < 8; i++) yield new Uint8Array(chunkBytes)
    throw new Error('the source failed')
  }
  const put = store.putStream('n', 'k', failing())
  put.catch(() => undefined)
  await expect.poll(() => calls, { timeout: 30_000 }).toContain('write begun')
  await turns(50)
  expect(calls).toEqual(['write begun'])
  open()
  await expect(put).rejects.toThrow('the source failed')
  expect(calls).toEqual(['write begun', 'write ended', 'close'])
  expect(litterIn(dir)).toEqual([])
  expect((await store.head('n', 'k'))?.size).toBe(10)
  await store.close()
})

it('B27 a stream that is cancelled while it reads ahead closes its file after that', async () => {
  const { store, calls, open } = await gatedStore('read')
  await store.put('n', 'k', new Uint8Array(1_000_000))
  const { stream } = (await store.open('n', 'k'))!
  calls.length = 0
  const reader = stream.getReader()
  const first = reader.read()
  await expect.poll(() => calls, { timeout: 30_000 }).toEqual(['read begun'])
  const cancelled = reader.cancel()
  await turns(50)
  expect(calls).toEqual(['read begun'])
  open()
  await Promise.all([first, cancelled])
  expect(calls.slice(-2)).toEqual(['read ended', 'close'])
  expect(calls.filter(call => call === 'read begun')).toHaveLength(calls.filter(call => call === 'read ended').length)
  await store.close()
})

it('B7 a write behind that fails is the error of the put, however late it is', async () => {
  const dir = join(scratch(), 'blobs')
  // Of the 4 calls that the body takes.
  for (const failing of [1, 2, 3, 4]) {
    let writes = 0
    const io = faultyFileSystem((operation, args) => {
      if (operation === 'write' && Number(args[3]) > chunkBytes && ++writes === failing) throw systemError('ENOSPC')
    })
    await using store = await DiskBlobStore.open(dir, { durability: 'process', io })
    await expect(store.putStream('n', 'k', source())).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(writes).toBe(failing)
    expect([await store.head('n', 'k'), ...litterIn(dir)]).toEqual([undefined])
  }
})

it('B7 chunks of a stream are gathered: a few large writes, and the bytes in their order', async () => {
  const lengths: number[] = []
  const io = faultyFileSystem((operation, args) => void (operation === 'write' && lengths.push(Number(args[3]))))
  await using store = await DiskBlobStore.open(join(scratch(), 'blobs'), { durability: 'process', io })
  let isEnded = false
  await store.putStream(
    'n',
    'k',
    source(() => (isEnded = true)),
  )
  expect(isEnded).toBe(true)
  expect(lengths.slice(0, 3)).toEqual([524_288, 524_288, 524_288])
  expect(lengths).toHaveLength(4)
  const { bytes } = (await store.get('n', 'k'))!
  expect(bytes.byteLength).toBe(20 * chunkBytes)
  for (let i = 0; i < 20; i++) {
    expect(
      bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes).every(byte => byte === i),
      `chunk ${i}`,
    ).toBe(true)
  }
})
