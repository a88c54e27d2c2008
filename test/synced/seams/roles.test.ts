import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MemoryRemote, SyncedCache } from '../../../src/synced/index.ts'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { freePort, type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { ended, look, modes, Scene } from '../proof/scene.ts'

it("with compat 'go' tags are refused over a MemoryRemote as over Redis", async () => {
  await using cache = await SyncedCache.open({ remote: new MemoryRemote().connect, compat: 'go' })
  await expect(cache.deleteByTag('tag')).rejects.toThrow(TypeError)
  await expect(cache.set('key', 1, { tags: ['tag'] })).rejects.toThrow(TypeError)
})

describeRedis('who opens a cache, and how', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  describe.each(modes)('(%s)', mode => {
    it('a reader: every change is READ_ONLY, and what others do is seen', async () => {
      await using scene = await Scene.on(server, mode)
      const writer = await scene.open<string>()
      const reader = await scene.open<string>({ reader: true })
      const changes = [
        () => reader.set('key', 'value'),
        () => reader.setMany([['key', 'value']]),
        () => reader.setMany([]),
        () => reader.delete('key'),
        () => reader.invalidate('key'),
        () => reader.clear(),
        () => reader.sweep(),
        ...(mode === 'go' ? [] : [() => reader.deleteByTag('tag')]),
      ]
      for (const change of changes) expect((await ended(change())).code, `${change}`).toBe('READ_ONLY')
      await writer.set('key', 'value')
      await scene.settle(reader)
      expect(await look(reader, 'key')).toEqual({ value: 'value', isLocal: true })
      expect([...(await reader.getMany(['key', 'none']))]).toEqual([['key', 'value']])
      for (const lease of [false, true]) {
        expect(await reader.getOrSet(`loaded ${lease}`, () => 'by reader', { lease })).toBe('by reader')
        expect(await look(reader, `loaded ${lease}`)).toEqual({ value: 'by reader', isLocal: true })
        expect(await writer.get(`loaded ${lease}`)).toBeUndefined()
        await writer.set(`loaded ${lease}`, 'set')
        await until(async () => (await reader.get(`loaded ${lease}`)) === 'set')
      }
      await writer.clear()
      await until(async () => (await reader.get('key')) === undefined)
    })

    it('started without Redis: it works, and is in step when Redis comes', async () => {
      await using scene = await Scene.on(server, mode)
      const port = await freePort()
      const url = `redis://127.0.0.1:${port}`
      const options = { degraded: true, timeoutMs: 500 }
      const a = await scene.open<string>({ ...options, redis: scene.idleClient(url) })
      const reader = await scene.open<string>({ ...options, redis: scene.idleClient(url), reader: true })
      expect(a.status).toBe('down')
      expect((await ended(a.get('key'))).code).toBe('UNAVAILABLE')
      expect((await ended(a.set('key', 'value'))).code).toBe('UNAVAILABLE')
      for (const cache of [a, reader]) expect(await cache.getOrSet('key', () => 'alone')).toBe('alone')
      const later = await startRedis({ port })
      try {
        for (const cache of [a, reader]) await until(() => cache.status === 'ready')
        for (const cache of [a, reader]) expect(cache.getLocal('key')).toBeUndefined()
        await until(async () => (await ended(a.set('key', 'set'))).code === 'none')
        await until(() => reader.getLocal('key') === 'set')
        for (const cache of [a, reader]) await cache.close()
      } finally {
        await later.stop()
      }
    })

    it('two on one client, and with one id: both hear of everything', async () => {
      await using scene = await Scene.on(server, mode)
      const redis = await scene.client()
      const options = { redis, id: 'twin' }
      const [a, b] = [await scene.open<string>(options), await scene.open<string>(options)]
      const other = await scene.open<string>()
      for (let i = 0; i < 200; i++) {
        const [writer, second] = i % 2 === 0 ? [a, b] : [b, a]
        await Promise.all([writer.set(`key ${i % 7}`, `${i}`), second.set(`key ${i % 3}`, `other ${i}`)])
        if (i % 10 === 0) await second.delete(`key ${i % 7}`)
        if (i % 10 === 5) await writer.getOrSet(`key ${i % 7}`, () => `loaded ${i}`)
      }
      await scene.settle(other)
      // An event of one's own brings nothing that is not here already, so that a fence is of no use.
      const fresh = await scene.open<string>()
      for (let i = 0; i < 7; i++) {
        const wanted = await fresh.get(`key ${i}`)
        for (const cache of [a, b, other]) await until(async () => (await cache.get(`key ${i}`)) === wanted)
      }
      await a.close()
      await b.set('key 0', 'after')
      await until(async () => (await other.get('key 0')) === 'after')
      expect(redis.isOpen).toBe(true)
    })

    it('prefixes one of which begins the other, with every sign that a pattern knows', async () => {
      await using scene = await Scene.on(server, mode)
      const names = ['a', 'a1', 'a[b', 'a*', 'a?', 'a\\', 'a^-]']
      const caches = new Map<string, SyncedCache<string>>()
      for (const prefix of names) caches.set(prefix, await scene.open<string>({ prefix }))
      for (const [prefix, cache] of caches) await cache.set('Z', `of ${prefix}`)
      for (const [prefix, cache] of caches) expect(await cache.get('Z')).toBe(`of ${prefix}`)
      // In Go's format a prefix holds all that begin with it.
      const cleared = mode === 'go' ? names.slice(1) : names
      for (const [i, name] of cleared.entries()) {
        await caches.get(name)!.clear()
        await caches.get(name)!.sweep()
        for (const [j, other] of cleared.entries()) {
          const fresh = await scene.open<string>({ prefix: other })
          expect(await fresh.get('Z'), `${other} after ${name}`).toBe(j <= i ? undefined : `of ${other}`)
          await fresh.close()
        }
      }
      await caches.get('a1')!.set('Z', 'again')
      await caches.get('a')!.clear()
      await until(async () => (await caches.get('a1')!.get('Z')) === (mode === 'go' ? undefined : 'again'))
      expect((await scene.raw.keys('*v?')).length + (await scene.raw.keys('a*Z')).length).toBe(mode === 'go' ? 0 : 2)
    })
  })
})
