import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { BlobCache } from '../../src/blob/blob-cache.ts'
import type { BlobEvent } from '../../src/blob/blob-cache-options.ts'
import type { BlobProblem } from '../../src/blob/blob-problem.ts'
import type { BlobStore } from '../../src/blob/blob-store.ts'
import { MemoryBlobStore } from '../../src/blob/memory-blob-store.ts'
import { CacheError } from '../../src/errors.ts'
import { allOf, type Bench, makeBench, withoutOptional } from './cache-bench.ts'

const hello = new TextEncoder().encode('hello')
const helloEtag = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'

describe('bodies', () => {
  const bodies: readonly [string, () => Parameters<BlobCache['put']>[1], string][] = [
    ['a Uint8Array', () => hello, ''],
    ['an ArrayBuffer', () => hello.slice().buffer, ''],
    ['a string', () => 'hello', ''],
    ['a Blob', () => new Blob([hello], { type: 'text/plain' }), 'text/plain'],
    ['a web stream', () => new Blob([hello]).stream(), ''],
    ['a Node stream', () => Readable.from([Buffer.from('hel'), Buffer.from('lo')]), ''],
    ['a Response', () => new Response('hello', { headers: { 'content-type': 'a/b' } }), 'a/b'],
    [
      'a Response of its own length',
      () => new Response('hello', { headers: { 'content-length': '5' } }),
      'text/plain;charset=UTF-8',
    ],
  ]
  it.each(bodies)('B1: put takes %s', async (_, body, contentType) => {
    const { cache } = makeBench()
    const meta = await cache.put('key', body())
    expect(meta).toMatchObject({ size: 5, etag: helloEtag, contentType })
    expect(await (await cache.get('key'))?.text()).toBe('hello')
    expect((await cache.put('key', body(), { contentType: 'x/y' })).contentType).toBe('x/y')
  })

  it('B1: a hit gives its body in every form, from memory and from a stream', async () => {
    const { cache } = makeBench()
    await cache.put('key', '{"a":[1]}', { contentType: 'application/json', metadata: { region: 'eu' } })
    for (const open of [() => cache.get('key'), () => cache.open('key')]) {
      expect(await (await open())!.json()).toEqual({ a: [1] })
      expect(await (await open())!.text()).toBe('{"a":[1]}')
      expect((await (await open())!.bytes()).byteLength).toBe(9)
      expect(await new Response((await open())!.stream()).text()).toBe('{"a":[1]}')
      const response = (await open())!.response()
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(response.headers.get('etag')).toMatch(/^"[0-9a-f]{64}"$/)
      expect(await response.json()).toEqual({ a: [1] })
      expect((await open())!.meta.metadata).toEqual({ region: 'eu' })
    }
    expect(await (await cache.open('key', { start: 2, end: 3 }))!.text()).toBe('a')
  })

  it('B7: a response that failed or ended early is not kept', async () => {
    const { cache } = makeBench()
    await expect(cache.put('key', new Response('gone', { status: 500 }))).rejects.toMatchObject({ code: 'LOAD_FAILED' })
    const short = new Response('hello', { headers: { 'content-length': '6' } })
    await expect(cache.put('key', short)).rejects.toMatchObject({ code: 'LOAD_FAILED' })
    expect(await cache.get('key')).toBeUndefined()
    await expect(cache.put('key', 7 as never)).rejects.toThrow(TypeError)
    await expect(cache.put('key', 'a', { expires: 1 } as never)).rejects.toThrow(/Unknown option expires/)
  })

  it('B8: names are checked by the cache too', async () => {
    expect(() => new BlobCache(undefined, { namespace: '' })).toThrow(/Namespace/)
    expect(() => new BlobCache(undefined, { namespace: '../x' })).toThrow(/Namespace/)
    const { cache } = makeBench()
    await expect(cache.get('../x')).rejects.toMatchObject({ code: 'INVALID_KEY' })
    await expect(cache.getOrFetch('/x', () => 'a')).rejects.toMatchObject({ code: 'INVALID_KEY' })
    expect(() => new BlobCache(undefined, { namespace: 'a', ttl: 1 } as never)).toThrow(/Unknown option ttl/)
    expect(() => new BlobCache(undefined, { namespace: 'a', graceMs: -1 })).toThrow(RangeError)
    expect(() => new BlobCache(undefined, { namespace: 'a', ttlMs: Number.NaN })).toThrow(RangeError)
  })
})

describe('freshness', () => {
  const stale = async ({ cache }: Bench): Promise<boolean | undefined> => (await cache.get('key'))?.stale

  it('B12: the TTL counts from the put, strictly', async () => {
    const bench = makeBench({ ttlMs: 1000 })
    await bench.cache.put('key', 'a')
    bench.nowMs += 1000
    expect(await stale(bench)).toBe(false)
    expect((await bench.cache.get('key'))?.ageMs).toBe(1000)
    expect((await bench.cache.get('key'))?.expiresInMs).toBe(0)
    bench.nowMs += 1
    expect(await stale(bench)).toBe(true)
  })

  it('B12: an expiry of its own beats the TTL, whether shorter or longer, strictly', async () => {
    for (const lifeMs of [500, 5000]) {
      const bench = makeBench({ ttlMs: 1000 })
      await bench.cache.put('key', 'a', { expiresAt: new Date(bench.nowMs + lifeMs) })
      bench.nowMs += lifeMs
      expect(await stale(bench)).toBe(false)
      bench.nowMs += 1
      expect(await stale(bench)).toBe(true)
    }
  })

  it('B12: a TTL of 0 or less never expires, but an expiry of its own does', async () => {
    for (const ttlMs of [0, -1, undefined]) {
      const bench = makeBench({ ttlMs })
      await bench.cache.put('key', 'a')
      bench.nowMs += 1e12
      expect(await stale(bench)).toBe(false)
      expect((await bench.cache.get('key'))?.expiresInMs).toBeUndefined()
      await bench.cache.put('key', 'a', { expiresAt: new Date(bench.nowMs - 1) })
      expect(await stale(bench)).toBe(true)
    }
  })

  it('B12: list tells age and time left, by prefix', async () => {
    const bench = makeBench({ ttlMs: 1000 })
    await bench.cache.put('b/1', 'a')
    bench.nowMs += 10
    await bench.cache.put('a/1', 'a', { expiresAt: new Date(bench.nowMs + 7) })
    bench.nowMs += 10
    const entries = await allOf(bench.cache.list())
    expect(entries.map(({ key, ageMs, expiresInMs, stale }) => [key, ageMs, expiresInMs, stale])).toEqual([
      ['a/1', 10, -3, true],
      ['b/1', 20, 980, false],
    ])
    expect((await allOf(bench.cache.list({ prefix: 'b' }))).map(({ key }) => key)).toEqual(['b/1'])
  })
})

describe('cleanExpired', () => {
  it('B13: removes exactly the expired, and says how many', async () => {
    const events: BlobEvent[] = []
    const bench = makeBench({ ttlMs: 1000, onEvent: event => events.push(event) })
    await bench.cache.put('old', 'a')
    await bench.cache.put('never', 'a', { expiresAt: new Date(9e14) })
    bench.nowMs += 1001
    await bench.cache.put('new', 'a')
    expect(await bench.cache.cleanExpired()).toEqual({ removed: 1, failed: 0, kept: 2 })
    expect((await allOf(bench.cache.list())).map(({ key }) => key)).toEqual(['never', 'new'])
    expect(events.filter(({ type }) => type === 'expire').map(({ key }) => key)).toEqual(['old'])
  })

  it('B29: keeps what is within its grace', async () => {
    const bench = makeBench({ ttlMs: 1000, graceMs: 500 })
    await bench.cache.put('key', 'a')
    bench.nowMs += 1500
    expect(await bench.cache.cleanExpired()).toEqual({ removed: 0, failed: 0, kept: 1 })
    bench.nowMs += 1
    expect(await bench.cache.cleanExpired()).toEqual({ removed: 1, failed: 0, kept: 0 })
  })

  it.each(['listed', 'looked at again'])(
    'B26: spares what was put anew after it was %s, with the same bytes too',
    async when => {
      const bench = makeBench({ ttlMs: 1000 })
      await bench.cache.put('key', 'a')
      bench.nowMs += 2000
      const { head } = bench.store
      const again = async (): Promise<unknown> =>
        await MemoryBlobStore.prototype.put.call(bench.store, 'ns', 'key', hello.slice(0, 0))
      bench.store.head = async (...args) => {
        if (when === 'listed') await again()
        const meta = await head.apply(bench.store, args)
        if (when !== 'listed') await bench.store.touch('ns', 'key', { ifMatch: meta!.etag, expiresAt: undefined })
        return meta
      }
      expect(await bench.cache.cleanExpired()).toEqual({ removed: 0, failed: 0, kept: 1 })
      expect((await bench.cache.get('key'))?.stale).toBe(false)
    },
  )

  it('B26: goes on after a failure, and reports it', async () => {
    const problems: BlobProblem[] = []
    const bench = makeBench({ ttlMs: 1000, onProblem: problem => problems.push(problem) })
    for (const key of ['a', 'b', 'c']) await bench.cache.put(key, 'a')
    bench.nowMs += 2000
    const failure = new CacheError('IO', 'The disk failed')
    const remove = bench.store.delete
    bench.store.delete = async (...args) => {
      if (args[1] === 'b') throw failure
      return await remove.apply(bench.store, args)
    }
    expect(await bench.cache.cleanExpired()).toEqual({ removed: 2, failed: 1, kept: 0 })
    expect(problems).toEqual([{ code: 'cleanup', namespace: 'ns', key: 'b', error: failure }])
  })

  it('B27: an abort ends it', async () => {
    const bench = makeBench({ ttlMs: 1000 })
    await bench.cache.put('a', 'a')
    await expect(bench.cache.cleanExpired({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('a cache', () => {
  it('B14: without a store reads and puts are NOT_CONFIGURED, and the rest does nothing', async () => {
    const cache = new BlobCache(undefined, { namespace: 'ns', ttlMs: 1 })
    const code = { code: 'NOT_CONFIGURED' }
    await expect(cache.get('key')).rejects.toMatchObject(code)
    await expect(cache.put('key', 'a')).rejects.toMatchObject(code)
    await expect(cache.open('key')).rejects.toMatchObject(code)
    await expect(cache.head('key')).rejects.toMatchObject(code)
    await expect(cache.getOrFetch('key', () => 'a')).rejects.toMatchObject(code)
    expect(await cache.delete('key')).toBe(false)
    expect(await cache.deleteNamespace()).toBe(0)
    expect(await allOf(cache.list())).toEqual([])
    expect(await cache.cleanExpired()).toEqual({ removed: 0, failed: 0, kept: 0 })
    expect(await cache.describe()).toEqual({ backend: 'none', root: undefined })
    await cache.check()
    await cache.close()
  })

  it('B15: describe asks the store, then its root, then its name; check passes where there is none', async () => {
    const { cache, store } = makeBench()
    await cache.put('key', 'hello')
    expect(await cache.describe()).toEqual({ backend: 'memory', root: undefined, bytes: 5, count: 1 })
    const bare = withoutOptional(store)
    expect(await new BlobCache(bare, { namespace: 'ns' }).describe()).toEqual({ backend: 'custom', root: undefined })
    const rooted: BlobStore & { root: string } = { ...bare, root: '/srv/blobs' }
    expect(await new BlobCache(rooted, { namespace: 'ns' }).describe()).toEqual({
      backend: 'custom',
      root: '/srv/blobs',
    })
    await new BlobCache(bare, { namespace: 'ns' }).check()
    await store.close()
    await expect(cache.check()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('B5: keeps to its namespace', async () => {
    const { cache, store } = makeBench()
    const other = new BlobCache(store, { namespace: 'other' })
    await cache.put('key', 'mine')
    await other.put('key', 'other')
    expect(await cache.deleteNamespace()).toBe(1)
    expect(await (await other.get('key'))?.text()).toBe('other')
    expect(await cache.delete('key')).toBe(false)
    expect(await other.delete('key')).toBe(true)
  })

  it('B30: passes conditions on', async () => {
    const { cache } = makeBench()
    const { etag } = await cache.put('key', 'a', { ifNoneMatch: '*' })
    await expect(cache.put('key', 'b', { ifNoneMatch: '*' })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    await cache.put('key', 'b', { ifMatch: etag })
    expect(await cache.delete('key', { ifMatch: etag })).toBe(false)
  })

  it('B32: closed, every call is CLOSED, and the store stays open', async () => {
    const { cache, store } = makeBench()
    await cache.put('key', 'a')
    await cache.close()
    await cache.close()
    await expect(cache.get('key')).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(cache.delete('key')).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(cache.cleanExpired()).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(allOf(cache.list())).rejects.toMatchObject({ code: 'CLOSED' })
    expect((await store.get('ns', 'key'))?.meta.size).toBe(1)
  })

  it('B15: tells what it found and did, and survives its listeners', async () => {
    const events: string[] = []
    const bench = makeBench({
      ttlMs: 10,
      onEvent({ type, key, size }) {
        events.push(`${type} ${key} ${size}`)
        throw new Error('The listener failed')
      },
    })
    await bench.cache.get('key')
    await bench.cache.put('key', 'abc')
    await bench.cache.get('key')
    bench.nowMs += 11
    await bench.cache.get('key')
    await bench.cache.delete('key')
    const size = undefined
    expect(events).toEqual([`miss key ${size}`, 'put key 3', 'hit key 3', 'stale key 3', `delete key ${size}`])
  })
})
