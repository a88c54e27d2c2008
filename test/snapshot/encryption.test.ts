import { describe, expect, it } from 'vitest'
import { digest } from '../../src/bytes/digest.ts'
import { aesGcm, type Cipher } from '../../src/snapshot/aes-gcm.ts'
import { copySnapshot } from '../../src/snapshot/copy-snapshot.ts'
import type { Head } from '../../src/snapshot/head.ts'
import { openHead, sealHead } from '../../src/snapshot/head-seal.ts'
import { snapshotKeys } from '../../src/snapshot/keys.ts'
import type { Report } from '../../src/snapshot/report.ts'
import { encodeSegment } from '../../src/snapshot/segment.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { contents, makePeer, makeState, openApp } from './app-state.ts'
import { testKey } from './keys-for-tests.ts'

const oldKey = testKey('old', 1)
const newKey = testKey('new', 2)
const underOld = aesGcm('auto', [oldKey])
const underNew = aesGcm('auto', [newKey])
const rotating = aesGcm('auto', [newKey, oldKey])

describe('aesGcm', () => {
  it('leaves nothing readable in the store, keys of elements included', async () => {
    const disk = new MemoryStore()
    for (const compress of [false, true]) {
      const cache = openApp(disk, { codec: underOld, compress })
      await cache.store(makeState(1, 60))
      await cache.patch('peers', { set: [makePeer(70, { name: 'host-70' })] })
      for (const [key, value] of await contents(disk)) {
        const text = Buffer.from(value).toString('latin1')
        for (const secret of ['host-', 'n70', 'user1', 'example', '10.0.', '100.100']) {
          expect(text.includes(secret), `${secret} in ${key}`).toBe(false)
        }
      }
      expect((await openApp(disk, { codec: underOld }).load())?.state.peers).toHaveLength(61)
      await cache.clear()
    }
  })

  it('without the key, or with a wrong one of the same id, reports and gives nothing', async () => {
    const disk = new MemoryStore()
    await openApp(disk, { codec: underOld }).store(makeState(1))
    const wrong = aesGcm('auto', [{ id: 'old', key: new Uint8Array(32) }])
    for (const codec of ['auto', underNew, wrong] as const) {
      const codes: string[] = []
      const cache = openApp(disk, { codec, onReport: ({ problems }) => codes.push(...problems.map(one => one.code)) })
      expect(await cache.load()).toBeUndefined()
      expect(codes).toEqual(['DECRYPT_FAILED'])
    }
  })

  it('rotation writes everything anew under the first key, whatever call it is', async () => {
    const writes: ((cache: ReturnType<typeof openApp>) => Promise<unknown>)[] = [
      cache => cache.store(makeState(1, 400)),
      cache => cache.update({}),
      cache => cache.update({ dns: makeState(1).dns }),
      cache => cache.patch('peers', { set: [makeState(1, 400).peers![3]!] }),
      async cache => await cache.store((await cache.load())!.state),
    ]
    for (const [i, write] of writes.entries()) {
      for (const immutable of [false, true]) {
        const disk = new MemoryStore()
        await openApp(disk, { codec: underOld }).store(makeState(1, 400))
        const cache = openApp(disk, { codec: rotating, immutable })
        await write(cache)
        const found = await openApp(disk, { codec: underNew }).load()
        expect(found?.state, `write ${i}`).toStrictEqual(makeState(1, 400))
        expect((await cache.store(makeState(1, 400))).skipped).toBe('unchanged')
      }
    }
  })

  // The digest of a segment is no signature: who chooses the bytes can meet it. These stand for bytes that did.
  it('binds segments to their keys: swapped ones do not open even under a head that names them so', async () => {
    const disk = new MemoryStore()
    const cache = new SnapshotCache<{ a: string; b: string }>(disk, { codec: underOld })
    await cache.store({ a: 'x'.repeat(9000), b: 'y'.repeat(9000) })
    const [one, two] = [...(await contents(disk)).keys()].filter(key => !key.includes('/@head/'))
    const [first, second] = [(await disk.load(one!))!, (await disk.load(two!))!]
    await plant(disk, { [one!]: first, [two!]: second }, underOld.cipher)
    expect((await cache.load())?.state.a[0]).toBe('x')
    await plant(disk, { [one!]: second, [two!]: first }, underOld.cipher)
    expect(await cache.load()).toBeUndefined()
  })

  it('takes no segment that is not sealed, even under a head that names it so', async () => {
    const disk = new MemoryStore()
    const problems: string[] = []
    const onReport = (report: Report): void => void problems.push(...report.problems.map(({ code }) => code))
    const cache = new SnapshotCache<{ a: string }>(disk, { codec: underOld, onReport })
    await cache.store({ a: 'x'.repeat(9000) })
    const [key] = [...(await contents(disk)).keys()].filter(each => !each.includes('/@head/'))
    const payload = Buffer.from(JSON.stringify('evil'))
    const segment = { role: 'value', codec: 1, count: 1, payload } as const
    const plain = await encodeSegment(segment, key!, { compress: false, cipher: undefined })
    await plant(disk, { [key!]: plain }, underOld.cipher)
    expect(await cache.load()).toBeUndefined()
    expect(problems).toEqual(['DECRYPT_FAILED'])
    // The head does name it: who says that he takes what is not sealed gets it.
    const trusting = aesGcm('auto', [oldKey], { acceptPlain: true })
    expect((await new SnapshotCache<{ a: string }>(disk, { codec: trusting }).load())?.state.a).toBe('evil')
  })

  it('takes no head that somebody without the key composed of sealed segments', async () => {
    const disk = new MemoryStore()
    await openApp(disk, { codec: underOld }).store(makeState(1, 400))
    await plant(disk, {}, undefined)
    expect(await openApp(disk, { codec: underOld }).load()).toBeUndefined()
    await plant(disk, {}, aesGcm('auto', [testKey('old', 9)]).cipher)
    expect(await openApp(disk, { codec: underOld }).load()).toBeUndefined()
    await plant(disk, {}, underOld.cipher)
    expect(await openApp(disk, { codec: underOld }).load()).toBeDefined()
  })

  it('takes a snapshot that is not encrypted only with acceptPlain, and then encrypts it', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1, 400))
    expect(await openApp(disk, { codec: underNew }).load()).toBeUndefined()
    const cache = openApp(disk, { codec: aesGcm('auto', [newKey], { acceptPlain: true }) })
    const { state } = (await cache.load())!
    expect(state).toStrictEqual(makeState(1, 400))
    await cache.store(state)
    await cache.store({ ...state, dns: [] })
    expect((await openApp(disk, { codec: underNew }).load())?.state.peers).toHaveLength(400)
    const all = [...(await contents(disk)).values()].map(value => Buffer.from(value).toString('latin1')).join()
    expect(all.includes('host-1')).toBe(false)
  })

  it('a copy made while keys rotate is still rotated by the next store', async () => {
    const disk = new MemoryStore()
    const to = new MemoryStore()
    await openApp(disk, { codec: underOld }).store(makeState(1, 400))
    await copySnapshot(disk, to, { codec: rotating })
    expect((await openApp(to, { codec: underOld }).load())?.state).toStrictEqual(makeState(1, 400))
    await openApp(to, { codec: rotating }).store(makeState(1, 400))
    expect((await openApp(to, { codec: underNew }).load())?.state).toStrictEqual(makeState(1, 400))
  })

  it('takes a CryptoKey, and keys of 16 and 24 bytes', async () => {
    const usages: KeyUsage[] = ['encrypt', 'decrypt']
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, usages)
    for (const one of [key, new Uint8Array(16).fill(3), new Uint8Array(24).fill(4)]) {
      const disk = new MemoryStore()
      const codec = aesGcm('cbor', [{ id: 'ä', key: one }])
      await openApp(disk, { codec }).store(makeState(1))
      expect((await openApp(disk, { codec }).load())?.state).toStrictEqual(makeState(1))
    }
  })
})

/** Puts segments under keys, and writes the head anew so that it names them, sealed by `cipher`. */
async function plant(
  disk: MemoryStore,
  segments: Readonly<Record<string, Uint8Array>>,
  cipher: Cipher | undefined,
): Promise<void> {
  for (const [key, bytes] of Object.entries(segments)) await disk.store(key, bytes)
  for (const [key, bytes] of await contents(disk)) {
    if (!key.includes('/@head/')) continue
    const keys = snapshotKeys(key.split('/')[0]!)
    const head = heads.get(key) ?? (await openHead(bytes, key, underOld.cipher))
    heads.set(key, head)
    const columns = head.columns.map(column => ({
      ...column,
      pieces: column.pieces.map(piece => {
        const planted = segments[keys.segment(column.name, piece, piece.part)]
        return planted === undefined ? piece : { ...piece, length: planted.byteLength, digest: digest(planted) }
      }),
    }))
    await disk.store(key, await sealHead({ ...head, columns }, key, cipher))
  }
}

// As they were before something was planted.
const heads = new Map<string, Head>()
