import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeManifest, encodeManifest } from '../../src/blob/blob-manifest.ts'
import { makeBlobMeta } from '../../src/blob/blob-meta.ts'
import type { BlobProblem } from '../../src/blob/blob-problem.ts'
import type { BlobStore } from '../../src/blob/blob-store.ts'
import { storeBlobs } from '../../src/blob/store-blobs.ts'
import { storedBlobKeys } from '../../src/blob/stored-blob-keys.ts'
import { toHex } from '../../src/bytes/hex.ts'
import { CacheError, isCacheError } from '../../src/errors.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { PrefixStore } from '../../src/store/prefix-store.ts'
import type { Store } from '../../src/store/store.ts'
import { collectGarbage } from '../helpers/collect-garbage.ts'
import { InterceptedStore } from '../helpers/intercepted-store.ts'
import { allOf } from './cache-bench.ts'
import { damageStored, flipped, storeKeys } from './stored-damage.ts'

const chunkBytes = 10
const body = (size: number, by = 0): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7 + by) & 255)

async function copyOf(store: Store): Promise<MemoryStore> {
  const copy = new MemoryStore()
  for (const key of await storeKeys(store)) await copy.store(key, (await store.load(key))!)
  return copy
}

// The engine collects when it likes: it is asked for it until `isDone`, and not for ever.
async function collected(isDone: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100 && !(await isDone()); i++) await collectGarbage()
}

/** A blob store in another process: it shares the medium and nothing else. */
const elsewhere = (store: Store): BlobStore => storeBlobs(new PrefixStore(store, ''), { chunkBytes })

describe('storeBlobs', () => {
  it('writes the bytes that are documented, and keeps reading them', async () => {
    const store = new MemoryStore()
    const blobs = storeBlobs(store, { chunkBytes: 4, clock: () => 1_700_000_000_000, random: () => 0.5 })
    const fields = { contentType: 'a/b', expiresAt: new Date(1_800_000_000_000), metadata: { k: 'v' }, sourceEtag: 's' }
    await blobs.put('ns', 'key', new TextEncoder().encode('hello'), fields)
    const root = '@blob/7bfba6e0021f1fd1183dfefe60216f13/'
    expect(await storeKeys(store)).toEqual([
      `${root}c/018bcfe5680080008000800080008000/00000000`,
      `${root}c/018bcfe5680080008000800080008000/00000001`,
      `${root}k/key`,
    ])
    const record = [
      // Magic and version; namespace, key; flags, put, expiry; source, content type, one pair of metadata.
      ...['4353424d01', '026e73', '036b6579', '03', '00008056febc7842', '000000c585317a42'],
      ...['0173', '03612f62', '01', '016b', '0176'],
      // Size, SHA-256, id, length of chunks; digests of the chunks and of all this.
      ...['05', '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'],
      ...['018bcfe5680080008000800080008000', '04'],
      ...['ec3a7a1a495c6dac495c6dac495c6dac', '2fc17f7f578bd5a7578bd5a7578bd5a7', 'be84a2a5af354c1368e649523f1f8a81'],
    ]
    expect(toHex((await store.load(`${root}k/key`))!)).toBe(record.join(''))
    expect((await storeBlobs(store).get('ns', 'key'))?.meta).toMatchObject(fields)
  })

  it('B21: whatever operation the process dies after, the next one finds the old blob or the new one, whole', async () => {
    const medium = new MemoryStore()
    const states: MemoryStore[] = []
    const watched = new InterceptedStore(medium, async ({ isWrite }, run) => {
      const result = await run()
      if (isWrite) states.push(await copyOf(medium))
      return result
    })
    const blobs = storeBlobs(watched, { chunkBytes })
    await blobs.put('ns', 'key', body(35), { metadata: { n: 'old' } })
    states.length = 0
    await blobs.put('ns', 'key', body(47, 1), { metadata: { n: 'new' } })
    expect(states.length).toBeGreaterThan(5)
    for (const state of states) {
      const next = storeBlobs(state, { chunkBytes, orphanMs: 0, clock: () => Date.now() + 1 })
      const found = (await next.get('ns', 'key'))!
      expect(found.bytes).toEqual(found.meta.metadata['n'] === 'old' ? body(35) : body(47, 1))
      // Nothing is left but the record and its chunks, once it was swept.
      await next.sweep!('ns')
      expect((await storeKeys(state)).length).toBe(1 + Math.ceil(found.bytes.byteLength / chunkBytes))
      expect((await next.get('ns', 'key'))?.bytes).toEqual(found.bytes)
    }
  })

  it('B7: whatever operation fails, the old blob is there or the new one, and the sweep leaves nothing else', async () => {
    for (let failing = 1; ; failing++) {
      const medium = new MemoryStore()
      const sound = storeBlobs(medium, { chunkBytes })
      await sound.put('ns', 'key', body(35))
      let count = 0
      const broken = new InterceptedStore(medium, async (_, run) => {
        if (++count === failing) throw new CacheError('IO', 'The disk failed')
        return await run()
      })
      const problems: BlobProblem[] = []
      const blobs = storeBlobs(broken, { chunkBytes, onProblem: problem => problems.push(problem) })
      const outcome = await blobs.put('ns', 'key', body(47, 1)).catch((error: unknown) => error)
      if (count < failing) {
        expect(failing).toBeGreaterThan(5)
        return
      }
      const isDone = !isCacheError(outcome)
      if (isDone) expect(problems.map(({ code }) => code)).toEqual(['cleanup'])
      else expect(isCacheError(outcome, 'IO')).toBe(true)
      const next = storeBlobs(medium, { chunkBytes, orphanMs: 0, clock: () => Date.now() + 1 })
      expect((await next.get('ns', 'key'))?.bytes).toEqual(isDone ? body(47, 1) : body(35))
      await next.sweep!('ns')
      expect((await storeKeys(medium)).length).toBe(isDone ? 6 : 5)
    }
  })

  it('B22: every turned bit and every cut of a record is a miss, reported and removed', async () => {
    const medium = new MemoryStore()
    await storeBlobs(medium).put('ns', 'key', body(5), { contentType: 'a/b', metadata: { a: '1' } })
    const name = storedBlobKeys('ns').manifest('key')
    const record = (await medium.load(name))!
    const wrongs = Array.from({ length: record.byteLength }, (_, length) => record.slice(0, length))
    for (let bit = 0; bit < record.byteLength * 8; bit++) {
      const wrong = record.slice()
      wrong[bit >> 3]! ^= 1 << (bit & 7)
      wrongs.push(wrong)
    }
    for (const wrong of wrongs) {
      const problems: BlobProblem[] = []
      const blobs = storeBlobs(medium, { onProblem: problem => problems.push(problem) })
      await medium.store(name, wrong)
      expect(await allOf(blobs.list('ns'))).toEqual([])
      expect(await blobs.get('ns', 'key')).toBeUndefined()
      expect(problems.map(({ code, key }) => [code, key])).toEqual([
        ['damaged', undefined],
        ['damaged', 'key'],
      ])
      expect(await medium.load(name)).toBeUndefined()
    }
  })

  it('B22: a record of another blob is none of this one', async () => {
    const medium = new MemoryStore()
    const blobs = storeBlobs(medium)
    await blobs.put('ns', 'one', body(5))
    const keys = storedBlobKeys('ns')
    await medium.store(keys.manifest('two'), (await medium.load(keys.manifest('one')))!)
    expect(await blobs.get('ns', 'two')).toBeUndefined()
  })

  it('B22: a record of a newer version is an error, is kept, and nothing is swept', async () => {
    const medium = new MemoryStore()
    const blobs = storeBlobs(medium, { chunkBytes, orphanMs: 0, clock: () => Date.now() + 1 })
    await blobs.put('ns', 'key', body(25))
    const name = storedBlobKeys('ns').manifest('key')
    const record = (await medium.load(name))!
    const { digest } = await import('../../src/bytes/digest.ts')
    record[4] = 2
    record.set(digest(record.subarray(0, -16)), record.byteLength - 16)
    await medium.store(name, record)
    await expect(blobs.get('ns', 'key')).rejects.toMatchObject({ code: 'FORMAT_NEWER' })
    await expect(blobs.put('ns', 'key', body(1))).rejects.toMatchObject({ code: 'FORMAT_NEWER' })
    await medium.remove(storedBlobKeys('ns').manifest('other'))
    await expect(blobs.sweep!('ns')).rejects.toMatchObject({ code: 'FORMAT_NEWER' })
    expect((await storeKeys(medium)).length).toBe(4)
  })

  it('B25: a stream whose chunks another process removed says so; get() takes the new blob', async () => {
    const medium = new MemoryStore()
    const [one, two] = [elsewhere(medium), elsewhere(medium)]
    await one.put('ns', 'key', body(95))
    const reader = (await one.open('ns', 'key'))!.stream.getReader()
    expect((await reader.read()).done).toBe(false)
    await two.put('ns', 'key', body(95, 1))
    const rest = async (): Promise<void> => {
      while (!(await reader.read()).done);
    }
    await expect(rest()).rejects.toMatchObject({ code: 'VIEW_EXPIRED' })
    expect((await one.get('ns', 'key'))?.bytes).toEqual(body(95, 1))
  })

  it('B19: within a process a stream is read to its end, and then its chunks go', async () => {
    const medium = new MemoryStore()
    const [one, two] = [storeBlobs(medium, { chunkBytes }), storeBlobs(medium, { chunkBytes })]
    await one.put('ns', 'key', body(95))
    const opened = (await one.open('ns', 'key'))!
    const unread = (await one.open('ns', 'key'))!
    await two.put('ns', 'key', body(15, 1))
    expect((await storeKeys(medium)).length).toBe(10 + 3)
    expect(new Uint8Array(await new Response(opened.stream).arrayBuffer())).toEqual(body(95))
    expect((await storeKeys(medium)).length).toBe(10 + 3)
    await unread.stream.cancel()
    expect((await storeKeys(medium)).length).toBe(3)
  })

  it('B19: a stream that is opened and forgotten gives its chunks free, once', async () => {
    const medium = new MemoryStore()
    const blobs = storeBlobs(medium, { chunkBytes })
    await blobs.put('ns', 'key', body(95))
    const kept = (await blobs.open('ns', 'key'))!
    // Each in a function of its own, so that nothing of it is left on the stack.
    const forgotten = await (async () => new WeakRef((await blobs.open('ns', 'key'))!.stream))()
    const finished = await (async () => {
      const { stream } = (await blobs.open('ns', 'key'))!
      await new Response(stream).arrayBuffer()
      return new WeakRef(stream)
    })()
    await blobs.put('ns', 'key', body(15, 1))
    await collected(async () => forgotten.deref() === undefined && finished.deref() === undefined)
    // Whoever is told of what was collected is told in a later turn.
    for (let i = 0; i < 10; i++) await new Promise(resolve => setImmediate(resolve))
    expect((await storeKeys(medium)).length).toBe(10 + 3)
    expect(new Uint8Array(await new Response(kept.stream).arrayBuffer())).toEqual(body(95))
    expect((await storeKeys(medium)).length).toBe(3)
    await (async () => void (await blobs.open('ns', 'key')))()
    await blobs.put('ns', 'key', body(5, 2))
    expect((await storeKeys(medium)).length).toBe(2 + 2)
    await collected(async () => (await storeKeys(medium)).length === 2)
    expect((await storeKeys(medium)).length).toBe(2)
  })

  it('sweeps orphans only when they are old, and never what is a blob', async () => {
    let nowMs = 1e12
    const medium = new MemoryStore()
    const blobs = storeBlobs(medium, { chunkBytes, orphanMs: 1000, clock: () => nowMs })
    await blobs.put('ns', 'key', body(25))
    await blobs.put('ns', 'k'.repeat(1000), body(25))
    await blobs.put('ns', 'lost', body(25))
    await medium.remove(storedBlobKeys('ns').manifest('lost'))
    nowMs += 999
    expect(await blobs.sweep!('ns')).toBe(0)
    nowMs += 1
    expect(await blobs.sweep!('other')).toBe(0)
    expect(await blobs.sweep!('ns')).toBe(3)
    expect((await storeKeys(medium)).length).toBe(8)
  })

  it('leaves alone what else is in the store, and does not close it', async () => {
    const medium = new MemoryStore()
    await medium.store('mine', body(3))
    const blobs = storeBlobs(medium)
    await blobs.put('ns', 'key', body(3))
    expect(await blobs.deleteNamespace('ns')).toBe(1)
    await blobs.close!()
    expect(await storeKeys(medium)).toEqual(['mine'])
  })

  it('B22: reports what it found damaged', async () => {
    for (const key of ['a', 'b', 'c', 'd']) {
      const problems: BlobProblem[] = []
      const medium = new MemoryStore()
      const blobs = storeBlobs(medium, { chunkBytes, onProblem: problem => problems.push(problem) })
      await blobs.put('ns', key, body(25))
      await damageStored(medium, 'ns', key)
      expect(await blobs.get('ns', key)).toBeUndefined()
      expect(problems).toMatchObject([{ code: 'damaged', namespace: 'ns', key }])
      expect(problems[0]?.error).toMatchObject({ code: 'CORRUPT' })
    }
  })

  it('refuses wrong options', () => {
    const make = (options: object): (() => unknown) => {
      return () => storeBlobs(new MemoryStore(), options)
    }
    expect(make({ chunkBytes: 0 })).toThrow(RangeError)
    expect(make({ chunks: 1 })).toThrow(/Unknown option chunks/)
    expect(make({ clock: 1 })).toThrow(TypeError)
    expect(make({ onProblem: 1 })).toThrow(TypeError)
  })
})

describe('manifests', () => {
  it('come back as they were', () => {
    const text = fc.string({ unit: 'grapheme' })
    const fields = fc.record({
      contentType: text,
      expiresAt: fc.option(fc.date({ noInvalidDate: true }), { nil: undefined }),
      metadata: fc.dictionary(text, text),
      sourceEtag: fc.option(text, { nil: undefined }),
    })
    fc.assert(
      fc.property(text, text, fields, fc.nat(), fc.nat(60), (namespace, key, given, updatedAtMs, size) => {
        const meta = makeBlobMeta(size, 'ab'.repeat(32), updatedAtMs, given)
        const digests = Array.from({ length: Math.ceil(size / 7) }, (_, i) => body(16, i))
        const manifest = { namespace, key, meta, id: '0123'.repeat(8), chunkBytes: 7, digests }
        expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest)
      }),
    )
  })

  it('no bytes make the reader fail otherwise than by CORRUPT', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        expect(() => decodeManifest(flipped(bytes.byteLength === 0 ? new Uint8Array(1) : bytes))).toThrow(CacheError)
      }),
    )
  })
})
