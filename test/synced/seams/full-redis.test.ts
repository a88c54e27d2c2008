import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { ended, look, modes, prefix, Scene } from '../proof/scene.ts'

describeRedis('a Redis without room', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  const setRoom = async (scene: Scene, policy: string, maxBytes: number): Promise<void> => {
    await scene.raw.configSet('maxmemory-policy', policy)
    await scene.raw.configSet('maxmemory', `${maxBytes}`)
  }

  afterEach(async () => {
    await using scene = await Scene.on(server)
    await setRoom(scene, 'noeviction', 0)
  })

  describe.each(modes)('that refuses (%s)', mode => {
    it('sets are STORE_FULL and change nothing, deletes work, and Redis is not left alone', async () => {
      await using scene = await Scene.on(server, mode)
      const [a, b] = [await scene.open<string>(), await scene.open<string>()]
      await a.set('key', 'old')
      await a.set('other', 'old')
      await scene.settle(b)
      await setRoom(scene, 'noeviction', 1)
      for (let i = 0; i < 10; i++) expect((await ended(a.set('key', 'new'))).code).toBe('STORE_FULL')
      expect((await ended(a.setMany([['key', 'new']]))).code).toBe('STORE_FULL')
      expect([await a.get('key'), await b.get('key')]).toEqual(['old', 'old'])
      const c = await scene.open<string>()
      expect([await c.get('key'), await c.get('missing')]).toEqual(['old', undefined])
      await c.delete('key')
      await c.invalidate('other')
      if (mode === 'native') await c.deleteByTag('tag')
      for (const cache of [a, b]) {
        await until(() => cache.getLocal('key') === undefined && cache.getLocal('other') === undefined)
        expect([await cache.get('key'), await cache.get('other')]).toEqual([undefined, 'old'])
      }
      await c.clear()
      await until(async () => (await a.get('other')) === undefined && (await b.get('other')) === undefined)
      await setRoom(scene, 'noeviction', 0)
      await a.set('key', 'new')
      await until(async () => (await b.get('key')) === 'new')
    })

    it.each([false, true])(
      'what is loaded is loaded once, kept here and dropped by a change; lease: %s',
      async lease => {
        await using scene = await Scene.on(server, mode)
        const errors: Error[] = []
        const a = await scene.open<string>({ onError: error => errors.push(error) })
        const b = await scene.open<string>()
        await setRoom(scene, 'noeviction', 1)
        let loads = 0
        const load = (): string => `load ${++loads}`
        for (let i = 0; i < 5; i++) {
          expect(await a.getOrSet('key', load, { lease })).toBe('load 1')
          // An answer of Redis is no reason to load again: it does not have the value.
          expect(await a.get('missing')).toBeUndefined()
        }
        expect(errors).toMatchObject([{ code: 'STORE_FULL' }])
        await b.delete('key')
        await until(() => a.getLocal('key') === undefined)
        expect(await a.getOrSet('key', load, { lease })).toBe('load 2')
        await setRoom(scene, 'noeviction', 0)
        await b.set('key', 'set')
        await until(async () => (await look(a, 'key')).value === 'set')
      },
    )
  })

  it.each(['allkeys-lru', 'volatile-ttl'])('that evicts by %s: no cache ends with what is over', async policy => {
    await using scene = await Scene.on(server)
    const caches = [await scene.open<string>(), await scene.open<string>(), await scene.open<string>()]
    const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`)
    const last = new Map<string, string | undefined>()
    const evictedBefore = await evictions(scene)
    const used = Number(/used_memory:(\d+)/.exec(await scene.raw.info('memory'))![1])
    await setRoom(scene, policy, used + 300_000)
    for (let i = 0; i < 600; i++) {
      const key = keys[(i * 7) % keys.length]!
      const value = i % 5 === 0 ? undefined : `${i} ${'x'.repeat(6_000)}`
      const cache = caches[i % 3]!
      const options = { tags: ['all'], ...(i % 2 === 0 ? { ttlMs: 600_000 } : {}) }
      const change = value === undefined ? cache.delete(key) : cache.set(key, value, options)
      const { code } = await ended(change)
      expect(['none', 'STORE_FULL']).toContain(code)
      if (code === 'none') last.set(key, value)
      if (i % 100 === 50) {
        await cache.deleteByTag('all')
        last.clear()
      }
      if (i % 250 === 200) await scene.raw.del(`${prefix}{${prefix}0}m`)
    }
    expect((await evictions(scene)) - evictedBefore).toBeGreaterThan(50)
    await setRoom(scene, 'noeviction', 0)
    for (const cache of caches) await scene.settle(cache)
    const fresh = await scene.open<string>()
    for (const key of keys) {
      const wanted = [undefined, last.get(key)]
      for (const cache of [...caches, fresh]) expect(wanted, key).toContain(await cache.get(key))
    }
  })
})

async function evictions(scene: Scene): Promise<number> {
  return Number(/evicted_keys:(\d+)/.exec(await scene.raw.info('stats'))![1])
}
