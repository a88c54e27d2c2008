import { describe, expect, it } from 'vitest'
import { digest } from '../../src/bytes/digest.ts'
import { PlainNetmapCache } from '../../src/netmap/plain-cache.ts'
import { aesGcm } from '../../src/snapshot/aes-gcm.ts'
import { entries, keyed } from '../../src/snapshot/columns.ts'
import { copySnapshot } from '../../src/snapshot/copy-snapshot.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { PrefixStore } from '../../src/store/prefix-store.ts'
import { contents, makeState, openApp } from './app-state.ts'
import { testKey } from './keys-for-tests.ts'

class Socket {
  readonly fd = 1
}

type Loose = Record<string, unknown>

function open(disk = new MemoryStore(), codec: 'auto' | 'json' | 'cbor' = 'auto'): SnapshotCache<Loose> {
  const columns = { peers: keyed<{ id: string }>('id'), users: entries(), routes: entries() }
  return new SnapshotCache<Loose>(disk, { codec, columns: columns as never })
}

it('a listener that throws costs no load', async () => {
  const disk = new MemoryStore()
  await openApp(disk).store(makeState(1))
  await openApp(disk).store(makeState(2))
  const newest = [...(await contents(disk)).keys()]
    .filter(key => key.includes('/@head/'))
    .sort()
    .at(-1)!
  await disk.store(newest, new Uint8Array(3))
  let told = 0
  const onReport = (): never => {
    told++
    throw new Error('of the listener')
  }
  const cache = openApp(disk, { onReport })
  expect((await cache.load())?.state).toStrictEqual(makeState(1))
  const view = await cache.view()
  expect(await view?.get('dns')).toEqual(makeState(1).dns)
  expect(told).toBe(2)
})

describe('a value that no codec keeps', () => {
  const peers = [0, 1, 2, 3].map(i => ({ id: `n${i}` }))
  const hidden = Object.defineProperty({ a: 1 }, 'b', { value: 1, enumerable: false })
  const holes: unknown[] = ['a']
  holes[2] = 'b'
  const cycle: Loose = {}
  cycle['self'] = cycle
  const cases: [string, Loose][] = [
    ['peers[3].socket', { peers: [...peers.slice(0, 3), { id: 'n3', socket: new Socket() }] }],
    ['users.alice.x', { users: { alice: { x: () => 1 } } }],
    ['users["a b"].x', { users: { 'a b': { x: Symbol('s') } } }],
    ['dns.fn', { dns: { fn: () => 1 } }],
    ['dns', { dns: new Socket() }],
    ['dns[1]', { dns: [1, Promise.resolve(1)] }],
    ['dns.self', { dns: cycle }],
    ['dns', { dns: new WeakMap() }],
    ['routes', { routes: new (class extends Map<string, number> {})([['a', 1]]) }],
    ['users', { users: hidden }],
    ['users', { users: { [Symbol('s')]: 1 } }],
    ['users', { users: Object.defineProperty({}, 'a', { get: () => 1, enumerable: true }) }],
    ['peers', { peers: class extends Array<unknown> {}.from([{ id: 'a' }]) }],
    ['peers', { peers: Object.assign([{ id: 'a' }], { total: 1 }) }],
    ['the state', { a: 1, [Symbol('s')]: 1 }],
    ['the state', hidden as Loose],
  ]
  for (const [path, state] of cases) {
    it(`is refused with its path: ${path}; what is stored stays`, async () => {
      const disk = new MemoryStore()
      const cache = open(disk)
      await cache.store({ peers, dns: [1] })
      const before = await contents(disk)
      const refusal = { name: 'CacheError', code: 'UNSUPPORTED_VALUE', message: expect.stringContaining(` ${path}`) }
      await expect(cache.store(state)).rejects.toMatchObject(refusal)
      await expect(open(new MemoryStore()).store(state)).rejects.toMatchObject({ code: 'UNSUPPORTED_VALUE' })
      expect(await contents(disk)).toEqual(before)
      await cache.store({ peers, dns: [2] })
      expect((await open(disk).load())?.state).toStrictEqual({ peers, dns: [2] })
    })
  }

  it('is refused by update and patch as well', async () => {
    const cache = open()
    await cache.store({ peers, users: {} })
    await expect(cache.update({ dns: { fn: () => 1 } })).rejects.toMatchObject({ message: / dns\.fn / })
    const patch = { set: [{ id: 'n9', socket: new Socket() }] } as never
    await expect(cache.patch('peers', patch)).rejects.toMatchObject({ code: 'UNSUPPORTED_VALUE' })
    expect((await cache.load())?.state).toStrictEqual({ peers, users: {} })
  })

  it('depends on the codec: what JSON does not keep, CBOR does', async () => {
    const state = { dns: { at: [new Date(5)] } }
    await expect(open(undefined, 'json').store(state)).rejects.toMatchObject({ message: / dns\.at\[0\] / })
    for (const codec of ['auto', 'cbor'] as const) {
      const disk = new MemoryStore()
      await open(disk, codec).store(state)
      expect((await open(disk).load())?.state).toStrictEqual(state)
    }
  })

  it('holes in a keyed array are refused, whatever the key function makes of them', async () => {
    const cache = new SnapshotCache<{ t: unknown[] }>(new MemoryStore(), { columns: { t: keyed(e => String(e)) } })
    await expect(cache.store({ t: holes })).rejects.toMatchObject({ code: 'UNSUPPORTED_VALUE' })
  })
})

describe('keys', () => {
  it('that are taken or no keys are refused with the place of the element', async () => {
    const cache = open()
    const bad: [string, RegExp, unknown][] = [
      ['DUPLICATE_KEY', /peers\[2\]/, [{ id: 'a' }, { id: 'b' }, { id: 'a' }]],
      ['DUPLICATE_KEY', /peers\[1\]/, [{ id: 1 }, { id: '1' }]],
      ['INVALID_KEY', /peers\[1\]/, [{ id: 'a' }, { name: 'b' }]],
      ['INVALID_KEY', /peers\[0\]/, [{ id: null }]],
      ['INVALID_KEY', /peers\[0\]/, [{ id: Number.NaN }]],
      ['INVALID_KEY', /peers\[0\]/, [null]],
    ]
    for (const [code, message, peers] of bad) {
      await expect(cache.store({ peers }), String(message)).rejects.toMatchObject({ code, message })
    }
    await cache.store({ peers: [{ id: 'a' }, { id: 'b' }] })
    await expect(cache.store({ peers: [{ id: 'a' }, { id: 'b' }, { id: 'a' }] })).rejects.toMatchObject({
      code: 'DUPLICATE_KEY',
    })
    await expect(cache.store({ '': 1 })).rejects.toMatchObject({ code: 'INVALID_KEY' })
    await expect(cache.store({ '\ud800': 1 })).rejects.toMatchObject({ code: 'INVALID_KEY' })
    await expect(cache.store({ ['x'.repeat(2000)]: 1 })).rejects.toMatchObject({ code: 'INVALID_KEY' })
    expect((await cache.load())?.state).toStrictEqual({ peers: [{ id: 'a' }, { id: 'b' }] })
  })
})

describe('wrong options', () => {
  it('are refused when the cache is made', () => {
    const wrong: [unknown, typeof TypeError][] = [
      [{ colums: {} }, TypeError],
      [{ name: 7 }, TypeError],
      [{ columns: { peers: 'id' } }, TypeError],
      [{ columns: { peers: { kind: 'list' } } }, TypeError],
      [{ immutable: 1 }, TypeError],
      [{ codec: 'msgpack' }, TypeError],
      [{ compress: 'yes' }, TypeError],
      [{ schemaVersion: -1 }, RangeError],
      [{ schemaVersion: 1.5 }, RangeError],
      [{ schemaVersion: 2 ** 32 }, RangeError],
      [{ schemaVersion: '1' }, TypeError],
      [{ migrate: {} }, TypeError],
      [{ schemas: { dns: {} } }, TypeError],
      [{ maxStaleMs: -1 }, RangeError],
      [{ maxStaleMs: Number.NaN }, RangeError],
      [{ poisonAfter: 0.5 }, RangeError],
      [{ onReport: 'log' }, TypeError],
      [{ now: 5 }, TypeError],
    ]
    for (const [options, type] of wrong) {
      expect(() => new SnapshotCache(new MemoryStore(), options as never), JSON.stringify(options)).toThrow(type)
    }
    for (const name of ['', '\udfff', 'x'.repeat(201)]) {
      expect(() => new SnapshotCache(new MemoryStore(), { name })).toThrow(
        expect.objectContaining({ code: 'INVALID_KEY' }),
      )
    }
    expect(() => keyed(7 as never)).toThrow(TypeError)
    expect(() => aesGcm('auto', [])).toThrow(TypeError)
    expect(() => aesGcm('auto', [testKey('a'), testKey('a')])).toThrow(TypeError)
    expect(() => aesGcm('auto', [{ id: 'a', key: new Uint8Array(15) }])).toThrow(RangeError)
    expect(() => aesGcm('zip' as never, [testKey('a')])).toThrow(TypeError)
  })

  it('and what is no store is refused at once, a promise with what to do', () => {
    const { list, load, store } = new MemoryStore()
    for (const wrong of [undefined, null, './cache', {}, { list, load, store }] as never[]) {
      for (const make of [
        () => new SnapshotCache(wrong),
        () => new PrefixStore(wrong, 'a'),
        () => new PlainNetmapCache(wrong),
      ]) {
        expect(make).toThrow(new TypeError('Store must have the methods list, load, store, remove'))
      }
    }
    const forgotten = Promise.resolve(new MemoryStore()) as never
    expect(() => new SnapshotCache(forgotten)).toThrow(/: await it$/)
  })

  it('and wrong starts are refused before anything is fetched', async () => {
    const cache = openApp(new MemoryStore())
    let fetches = 0
    const fetch = async (): Promise<ReturnType<typeof makeState>> => {
      fetches++
      return makeState()
    }
    await expect(cache.start(undefined as never)).rejects.toThrow(TypeError)
    await expect(cache.start(fetch, { columns: ['dns'] } as never)).rejects.toThrow(/Unknown option columns/)
    expect(fetches).toBe(0)
  })

  it('and wrong states are refused by the call', async () => {
    const cache = openApp(new MemoryStore())
    for (const state of [null, undefined, 7, [], new Map(), new Socket()]) {
      await expect(cache.store(state as never), String(state)).rejects.toThrow(TypeError)
      await expect(cache.update(state as never), String(state)).rejects.toThrow(TypeError)
    }
    await expect(cache.load({ column: [] } as never)).rejects.toThrow(TypeError)
    await expect(cache.load({ columns: 'dns' } as never)).rejects.toThrow(TypeError)
    await expect(cache.store(makeState(), { force: true } as never)).rejects.toThrow(TypeError)
    await expect(copySnapshot(new MemoryStore(), new MemoryStore(), { over: 1 } as never)).rejects.toThrow(TypeError)
    await cache.store(makeState(1))
    const part = (await cache.load({ columns: ['dns'] }))!
    await expect(cache.store(part.state as never)).rejects.toThrow(TypeError)
    expect((await cache.load())?.state).toStrictEqual(makeState(1))
  })
})

describe('a snapshot of a newer format', () => {
  it('is reported, never overwritten, and can be cleared', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1))
    for (const [key, value] of await contents(disk)) {
      if (!key.includes('/@head/')) continue
      value[4] = 2
      value.set(digest(value.subarray(0, -16)), value.byteLength - 16)
      await disk.store(key, value)
    }
    const before = await contents(disk)
    const codes: string[] = []
    const cache = openApp(disk, { onReport: ({ problems }) => codes.push(...problems.map(({ code }) => code)) })
    expect(await cache.load()).toBeUndefined()
    expect(await cache.view()).toBeUndefined()
    expect(codes).toEqual(['FORMAT_NEWER', 'FORMAT_NEWER'])
    const newer = { code: 'FORMAT_NEWER' }
    await expect(cache.store(makeState(2))).rejects.toMatchObject(newer)
    await expect(cache.update({ dns: [] })).rejects.toMatchObject(newer)
    await expect(cache.patch('peers', { set: [] })).rejects.toMatchObject(newer)
    const other = new MemoryStore()
    await openApp(other).store(makeState(3))
    await expect(copySnapshot(disk, new MemoryStore(), { name: 'app' })).rejects.toMatchObject(newer)
    await expect(copySnapshot(other, disk, { replace: true })).rejects.toMatchObject(newer)
    expect(await cache.verify()).toMatchObject({ ok: false, problems: [newer] })
    expect(await contents(disk)).toEqual(before)
    await cache.clear()
    await cache.store(makeState(2))
    expect((await cache.load())?.state).toStrictEqual(makeState(2))
  })

  it('is not what one flipped bit looks like: that is damage, and the next store goes on', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1))
    for (const [key, value] of await contents(disk)) {
      if (!key.includes('/@head/')) continue
      value[4] = 3
      await disk.store(key, value)
    }
    const codes: string[] = []
    const cache = openApp(disk, { onReport: ({ problems }) => codes.push(...problems.map(({ code }) => code)) })
    expect(await cache.load()).toBeUndefined()
    expect(codes).toEqual(['HEAD_CORRUPT'])
    await cache.store(makeState(2))
    expect((await cache.load())?.state).toStrictEqual(makeState(2))
  })
})
