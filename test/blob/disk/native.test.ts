import fs from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeBlobMeta } from '../../../src/blob/blob-meta.ts'
import { type BlobProblem, DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { decodeTrailer, encodeTrailer } from '../../../src/blob/disk/entry-trailer.ts'
import { blobKeys, readAll } from '../../../src/contract/blob-samples.ts'
import { mountSmallDisk, noMounts } from '../../faults/small-disk.ts'
import { runs, seed } from '../../snapshot/runs.ts'
import { bytes, scratch } from '../../store/scratch.ts'
import { dataFile, filesIn, flipByte, litterIn } from './disk-handle.ts'

const canMount = noMounts() === undefined

async function withProblems(
  use: (store: DiskBlobStore, dir: string, problems: BlobProblem[]) => Promise<void>,
): Promise<void> {
  const dir = join(scratch(), 'blobs')
  const problems: BlobProblem[] = []
  await using store = await DiskBlobStore.open(dir, {
    durability: 'process',
    onProblem: each => void problems.push(each),
  })
  await use(store, dir, problems)
}

const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const time = fc.date({ noInvalidDate: true })

describe('a trailer', () => {
  const trailers = fc.record(
    {
      namespace: text,
      key: text,
      isReference: fc.boolean(),
      meta: fc
        .record({
          size: fc.nat({ max: 2 ** 31 - 1 }),
          etag: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(each => Buffer.from(each).toString('hex')),
          updatedAt: time,
          contentType: text,
          expiresAt: fc.option(time, { nil: undefined }),
          metadata: fc.dictionary(text, text, { noNullPrototype: true }),
          sourceEtag: fc.option(text, { nil: undefined }),
        })
        .map(({ size, etag, updatedAt, ...fields }) => makeBlobMeta(size, etag, updatedAt.getTime(), fields)),
    },
    { noNullPrototype: true },
  )

  it('is read as it was written', () => {
    fc.assert(
      fc.property(trailers, trailer => {
        expect(decodeTrailer(encodeTrailer(trailer))).toStrictEqual(trailer)
      }),
      { seed, numRuns: runs(300) },
    )
  })

  it('of which any bit was flipped, or a part is missing or too much, is CORRUPT', () => {
    const given = { namespace: 'n', key: 'k', isReference: false }
    const whole = encodeTrailer({ ...given, meta: makeBlobMeta(5, 'ab'.repeat(32), 1, { metadata: { a: 'b' } }) })
    for (let bit = 0; bit < 8 * whole.byteLength; bit++) {
      const changed = whole.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => decodeTrailer(changed)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
    }
    for (let end = 0; end < whole.byteLength; end++) {
      expect(() => decodeTrailer(whole.subarray(0, end))).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
    }
    expect(() => decodeTrailer(Buffer.concat([bytes('x'), whole]))).toThrow(
      expect.objectContaining({ code: 'CORRUPT' }),
    )
  })

  it('of any bytes is CORRUPT', () => {
    const random = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(random, each => {
        expect(() => decodeTrailer(each)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
      }),
      { seed, numRuns: runs(1000) },
    )
  })
})

describe('B22 a damaged entry', () => {
  it('of which any byte was changed is a miss, told of once, and removed', async () => {
    await withProblems(async (store, dir, problems) => {
      const path = dataFile(dir, 'n', 'k')
      await store.put('n', 'k', bytes('some body'), { metadata: { a: 'b' } })
      const { size } = fs.statSync(path)
      for (let at = 0; at < size; at++) {
        await store.put('n', 'k', bytes('some body'), { metadata: { a: 'b' } })
        flipByte(path, at)
        problems.length = 0
        expect(await store.get('n', 'k')).toBeUndefined()
        expect(problems).toMatchObject([{ namespace: 'n', key: 'k', error: { code: 'CORRUPT' } }])
        expect(fs.existsSync(path)).toBe(false)
      }
    })
  })

  it.each([0, 1, 8, 23, 24, 60])('cut to %i bytes is a miss for head and list, too', async size => {
    await withProblems(async (store, dir, problems) => {
      for (const key of ['head', 'list', 'sound']) await store.put('n', key, new Uint8Array(5000))
      for (const key of ['head', 'list']) fs.truncateSync(dataFile(dir, 'n', key), size)
      expect(await store.head('n', 'head')).toBeUndefined()
      expect(await blobKeys(store, 'n')).toEqual(['sound'])
      expect(problems).toHaveLength(2)
      expect(filesIn(dir)).toHaveLength(1)
    })
  })

  it('that is the file of another key is a miss', async () => {
    await withProblems(async (store, dir, problems) => {
      await store.put('n', 'a', bytes('a'))
      fs.copyFileSync(dataFile(dir, 'n', 'a'), dataFile(dir, 'n', 'b'))
      expect(await store.get('n', 'b')).toBeUndefined()
      expect(await store.get('n', 'a')).toBeDefined()
      expect(problems).toHaveLength(1)
    })
  })

  it('that is large breaks its stream before the last bytes, and is removed', async () => {
    await withProblems(async (store, dir, problems) => {
      await store.put('n', 'k', new Uint8Array(1_000_000))
      flipByte(dataFile(dir, 'n', 'k'), 100)
      let seen = 0
      const { stream } = (await store.open('n', 'k'))!
      const read = async (): Promise<void> => {
        for await (const chunk of stream) seen += chunk.byteLength
      }
      await expect(read()).rejects.toMatchObject({ name: 'CacheError', code: 'CORRUPT', key: 'k' })
      expect(seen).toBeLessThan(1_000_000)
      expect(problems).toHaveLength(1)
      expect(await store.head('n', 'k')).toBeUndefined()
    })
  })

  it('is left alone by a store that only reads', async () => {
    await withProblems(async (store, dir) => {
      await store.put('n', 'k', bytes('v'))
      flipByte(dataFile(dir, 'n', 'k'))
      const problems: BlobProblem[] = []
      const options: DiskBlobStoreOptions = { readOnly: true, onProblem: each => void problems.push(each) }
      await using reader = await DiskBlobStore.open(dir, options)
      expect(await reader.get('n', 'k')).toBeUndefined()
      expect([problems.length, fs.existsSync(dataFile(dir, 'n', 'k'))]).toEqual([1, true])
      await expect(reader.put('n', 'k', bytes('v'))).rejects.toMatchObject({ code: 'READ_ONLY' })
      await expect(reader.delete('n', 'k')).rejects.toMatchObject({ code: 'READ_ONLY' })
    })
  })
})

it('B1 what is open stays what it is, whatever writers do', async () => {
  await withProblems(async store => {
    await store.put('n', 'k', new Uint8Array(3_000_000).fill(1))
    const { stream } = (await store.open('n', 'k'))!
    await store.put('n', 'k', new Uint8Array(3_000_000).fill(2))
    await store.delete('n', 'k')
    expect(new Set(await readAll(stream))).toEqual(new Set([1]))
  })
})

it('streams that are opened and left give their files back', async () => {
  await withProblems(async store => {
    await store.put('n', 'k', new Uint8Array(1_000_000))
    const open = (): number => fs.readdirSync('/proc/self/fd').length
    const before = process.platform === 'linux' ? open() : 0
    for (let i = 0; i < 20; i++) {
      const controller = new AbortController()
      const opened = (await store.open('n', 'k', { signal: controller.signal }))!
      if (i % 3 === 0) await opened.stream.cancel()
      else if (i % 3 === 1) controller.abort()
      else {
        const reader = opened.stream.getReader()
        await reader.read()
        await reader.cancel()
      }
    }
    await store.close()
    if (process.platform === 'linux') expect(open()).toBeLessThanOrEqual(before)
  })
})

it('B21 files of dead processes are swept, those of living ones are not', async () => {
  await withProblems(async (store, dir) => {
    await store.put('n', 'k', bytes('v'))
    const stalled = store.putStream('n', 'k', stall())
    stalled.catch(() => undefined)
    while (litterIn(dir).length === 0) await new Promise(resolve => setTimeout(resolve, 2))
    const own = litterIn(dir)[0]!
    // A number of a process that was used again: started at another time.
    fs.writeFileSync(join(dir, own.replace(/-[0-9a-f]+-/, '-1-')), 'x')
    fs.writeFileSync(join(dir, own.replace(/[0-9a-f]+-([0-9a-f]+)-/, '3fffff-$1-')), 'x')
    expect(litterIn(dir)).toHaveLength(3)
    await using other = await DiskBlobStore.open(dir, { durability: 'process' })
    expect(litterIn(dir)).toEqual([own])
    await store.close()
    await expect(stalled).rejects.toMatchObject({ code: 'CLOSED' })
    expect(litterIn(dir)).toEqual([])
    expect(await other.sweep('n')).toBe(0)
  })
})

async function* stall(): AsyncGenerator<Uint8Array> {
  // More than is gathered in memory.
  yield new Uint8Array(1_000_000)
  await new Promise(() => undefined)
}

it(`B7 a body much larger than memory may grow: ${memoryMiB()} MiB in constant memory`, async () => {
  await withProblems(async store => {
    const total = memoryMiB()
    const chunk = new Uint8Array(1024 * 1024).fill(7)
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < total; i++) {
        watch()
        yield chunk
      }
    }
    const startBytes = process.memoryUsage().rss
    let peakBytes = 0
    const watch = (): void => {
      peakBytes = Math.max(peakBytes, process.memoryUsage().rss - startBytes)
    }
    const { size } = await store.putStream('n', 'k', source())
    let read = 0
    for await (const part of (await store.open('n', 'k'))!.stream) {
      read += part.byteLength
      watch()
    }
    expect([size, read]).toEqual([total * chunk.byteLength, total * chunk.byteLength])
    console.log(`${total} MiB: at most ${(peakBytes / 2 ** 20).toFixed(1)} MiB above the start`)
    expect(peakBytes).toBeLessThan(64 * 2 ** 20)
  })
}, 600_000)

// COLDSNAP_BLOB_MIB=4096 for the long run.
function memoryMiB(): number {
  return Number(process.env['COLDSNAP_BLOB_MIB'] ?? 256)
}

describe.runIf(canMount).each(['native', 'diskblob'] as const)('a full disk, layout %s', layout => {
  it.each(['power', 'process'] as const)(
    'durability %s: STORE_FULL mid-stream frees the space, and the old blob stays',
    async durability => {
      const disk = mountSmallDisk(1024)
      await using store = await DiskBlobStore.open(join(disk.dir, 'blobs'), { durability, layout })
      await store.put('n', 'k', new Uint8Array(200_000).fill(1))
      const free = (): number => fs.statfsSync(disk.dir).bavail
      const before = free()
      async function* large(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 40; i++) yield new Uint8Array(50_000)
      }
      for (const put of [
        () => store.putStream('n', 'k', large()),
        () => store.put('n', 'x', new Uint8Array(2_000_000)),
      ]) {
        await expect(put()).rejects.toMatchObject({ name: 'CacheError', code: 'STORE_FULL', cause: { code: 'ENOSPC' } })
        expect(free()).toBe(before)
        expect((await store.get('n', 'k'))?.bytes.every(byte => byte === 1)).toBe(true)
      }
      await store.put('n', 'k', new Uint8Array(200_000).fill(2))
      expect((await store.get('n', 'k'))?.bytes[0]).toBe(2)
      // No room for even a name: reading goes on.
      disk.fill(0)
      expect((await store.get('n', 'k'))?.bytes[0]).toBe(2)
      await expect(store.put('n', 'y', new Uint8Array(100_000))).rejects.toMatchObject({ code: 'STORE_FULL' })
      disk.empty()
      await store.put('n', 'y', new Uint8Array(100_000))
      expect(litterIn(store.dir)).toEqual([])
    },
  )
})

it.each([
  [{ maxBytes: 0 }, RangeError],
  [{ maxCount: 1.5 }, RangeError],
  [{ graceMs: -1 }, RangeError],
  [{ durability: 'none' }, TypeError],
  [{ layout: 'zip' }, TypeError],
  [{ clock: 5 }, TypeError],
  [{ onProblem: 5 }, TypeError],
  [{ readOnly: 1 }, TypeError],
  [{ maxbytes: 1 }, TypeError],
])('options %j are refused', async (options, type) => {
  const dir = join(scratch(), 'blobs')
  await expect(DiskBlobStore.open(dir, options as object)).rejects.toThrow(type)
  expect(fs.existsSync(dir)).toBe(false)
})

it('a large blob that is opened and forgotten gives its descriptor back', async () => {
  await withProblems(async (store, dir) => {
    await store.put('n', 'k', new Uint8Array(1_000_000))
    const path = fs.realpathSync(dataFile(dir, 'n', 'k'))
    const isHeld = (): boolean => heldFiles().includes(path)
    // In a function of its own, so that nothing of it is left on the stack.
    await (async () => {
      await store.open('n', 'k')
      if (heldFiles().length > 0) expect(isHeld()).toBe(true)
    })()
    for (let i = 0; i < 100 && isHeld(); i++) {
      collectGarbage()
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    expect(isHeld()).toBe(false)
  })
})

// Files that this process has open, where the system tells (Linux).
function heldFiles(): string[] {
  const folder = '/proc/self/fd'
  if (!fs.existsSync(folder)) return []
  return fs.readdirSync(folder).flatMap(name => {
    try {
      return fs.readlinkSync(join(folder, name))
    } catch {
      return []
    }
  })
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

it.each(['native', 'diskblob'] as const)(
  'a namespace that is a link to somewhere else is empty, and nothing there is deleted, layout %s',
  async layout => {
    const [dir, away] = [join(scratch(), 'blobs'), join(scratch(), 'away')]
    await using store = await DiskBlobStore.open(away, { durability: 'process', layout })
    for (const namespace of ['n', 'n/m']) await store.put(namespace, 'k', bytes('v'))
    await using other = await DiskBlobStore.open(dir, { durability: 'process', layout })
    await other.put('own', 'k', bytes('v'))
    const linked = layout === 'native' ? ['entries/6e', 'entries/6e2f6d'] : ['n']
    for (const name of linked) fs.symlinkSync(join(away, name), join(dir, name))
    for (const namespace of ['n', 'n/m']) {
      expect(await blobKeys(other, namespace)).toEqual([])
      expect(await other.deleteNamespace(namespace)).toBe(0)
      expect(await store.get(namespace, 'k')).toBeDefined()
    }
    await using limited = await DiskBlobStore.open(dir, { durability: 'process', layout, maxCount: 5 })
    await limited.put('own', 'other', bytes('v'))
    expect(await limited.describe()).toMatchObject({ count: 2 })
  },
)
