import { describe, expect, it } from 'vitest'
import { aesGcm } from '../../src/snapshot/aes-gcm.ts'
import { copySnapshot } from '../../src/snapshot/copy-snapshot.ts'
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

  it('binds segments to their keys: swapped ones do not open even under a head that names them so', async () => {
    const disk = new MemoryStore()
    const cache = new SnapshotCache<{ a: string; b: string }>(disk, { codec: underOld })
    await cache.store({ a: 'x'.repeat(9000), b: 'y'.repeat(9000) })
    const keys = [...(await contents(disk)).keys()].filter(key => !key.includes('/@head/'))
    const [one, two] = await Promise.all(keys.map(key => disk.load(key)))
    await disk.store(keys[0]!, two!)
    await disk.store(keys[1]!, one!)
    expect(await cache.load()).toBeUndefined()
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
