import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCacheFactory, lru, tinyLfu } from '../../../../src/synced/index.ts'
import { patiently } from '../../../helpers/patiently.ts'
import { type RedisServer, startRedis } from '../../../helpers/redis-server.ts'
import { countsOf, ended, look, modes, Scene } from '../scene.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

describe.each(modes)('reads (%s)', mode => {
  it('C8 many gets at once of one key are one read of Redis; other keys get their own values', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open<string>(), await scene.open<string>()]
    for (const key of ['one', 'two']) await a.set(key, `value of ${key}`, { broadcast: 'key' })
    await scene.settle(b)
    const many = (key: string) => Promise.all(Array.from({ length: 50 }, () => b.get(key)))
    expect(await scene.reads(() => many('missing'))).toBe(1)
    expect(await scene.reads(async () => expect(new Set(await many('one'))).toEqual(new Set(['value of one'])))).toBe(1)
    const c = await scene.open<string>()
    expect(await Promise.all(['one', 'two', 'one', 'missing'].map(key => c.get(key)))).toEqual([
      'value of one',
      'value of two',
      'value of one',
      undefined,
    ])
  })

  it('C9 a key that is not there is a remote miss and takes no place', async () => {
    await using scene = await Scene.on(server, mode)
    const a = await scene.open()
    const before = countsOf(a)
    expect(await a.get('missing')).toBe(undefined)
    expect(countsOf(a)).toMatchObject({
      remoteMisses: before.remoteMisses + 1,
      remoteHits: before.remoteHits,
      localItems: before.localItems,
      localHits: before.localHits,
    })
    expect(await scene.reads(async () => expect(await a.get('missing')).toBe(undefined))).toBe(1)
  })

  it('C10 after close every call rejects with CLOSED, and a second close does nothing', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open(), await scene.open()]
    await a.set('key', 'value')
    await a.close()
    await a.close()
    const calls = [
      () => a.get('key'),
      () => a.getMany(['key']),
      () => a.set('key', 'new'),
      () => a.setMany([['key', 'new']]),
      () => a.delete('key'),
      () => a.invalidate('key'),
      () => a.getOrSet('key', () => 'new'),
      () => a.clear(),
    ]
    for (const call of calls) expect(await ended(call()), String(call)).toMatchObject({ code: 'CLOSED' })
    expect(a.status).toBe('closed')
    expect(await b.get('key')).toBe('value')
  })

  it('C10 close lets calls end that are under way, one way or the other', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const a = await patiently(() => scene.open({ url: proxy.url, timeoutMs: 300 }))
    proxy.stall('toClient')
    const under = [a.get('key'), a.set('key', 1), a.getOrSet('other', () => 1)].map(ended)
    await a.close()
    for (const { code, ms } of await Promise.all(under)) {
      expect(['none', 'CLOSED', 'UNAVAILABLE']).toContain(code)
      expect(ms).toBeLessThan(2_000)
    }
  })
})

describe.each(modes)('what the local level keeps (%s)', mode => {
  const value = (i: number): string => `${i}`.padEnd(200, '.')
  const names = (count: number, of: string): string[] => Array.from({ length: count }, (_, i) => `${of} ${1000 + i}`)

  // A level with room for `items` entries of this test, and what one of them takes.
  async function openFor(scene: Scene, items: number, make: (maxBytes: number) => LocalCacheFactory) {
    const probe = await scene.open<string>()
    await probe.set('probe 1000', value(0))
    const size = countsOf(probe).localBytes
    expect(size).toBeGreaterThan(200)
    return { size, cache: await scene.open<string>({ local: make(size * items), heartbeatMs: 60_000 }) }
  }

  it('C15 lru() of a size for n entries holds the n that were used last, and tells its real size', async () => {
    await using scene = await Scene.on(server, mode)
    const { size, cache } = await openFor(scene, 20, maxBytes => lru({ maxBytes }))
    const keys = names(30, 'probe')
    for (const [i, key] of keys.entries()) await cache.set(key, value(i))
    expect(countsOf(cache)).toMatchObject({ localItems: 20, localBytes: 20 * size })
    for (const key of keys.slice(10)) expect(await look(cache, key)).toMatchObject({ isLocal: true })
    // The oldest of the twenty is used again, and stays when the next comes.
    expect(await look(cache, keys[10]!)).toMatchObject({ isLocal: true })
    await cache.set('probe 9999', value(0))
    expect(await look(cache, keys[10]!)).toMatchObject({ isLocal: true })
    expect(await look(cache, keys[11]!)).toMatchObject({ isLocal: false })
    expect(countsOf(cache)).toMatchObject({ localItems: 20, localBytes: 20 * size })
  })

  it('C15 tinyLfu() keeps what is hot under a scan, and tells its real size', async () => {
    await using scene = await Scene.on(server, mode)
    const { size, cache } = await openFor(scene, 100, maxBytes => tinyLfu({ maxBytes }))
    const hot = names(40, 'hottt')
    for (const key of hot) await cache.set(key, value(1))
    for (let round = 0; round < 10; round++) for (const key of hot) await cache.get(key)
    for (const key of names(2_000, 'scans')) await cache.set(key, value(2))
    let kept = 0
    for (const key of hot) if ((await look(cache, key)).isLocal) kept++
    expect(kept).toBeGreaterThanOrEqual(36)
    const { localItems, localBytes } = countsOf(cache)
    expect(localBytes).toBeLessThanOrEqual(100 * size)
    expect(localBytes).toBe(localItems * size)
    expect(localItems).toBeGreaterThan(80)
  })
})
