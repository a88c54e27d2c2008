import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SyncedCache } from '../../src/synced/index.ts'
import { until } from '../group/until.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { clients } from '../redis/clients.ts'
import { modes, Scene } from './proof/scene.ts'

describeRedis('synced caches on every client', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it.each(modes)('are in step with each other, and again after all connections were cut (%s)', async mode => {
    await using scene = await Scene.on(server, mode)
    const caches: SyncedCache<string>[] = []
    for (const client of Object.values(clients)) caches.push(await scene.open<string>({ redis: client(server.port) }))
    const inStep = async (round: string): Promise<void> => {
      for (const [i, cache] of caches.entries()) {
        await cache.set(`${round} ${i}`, `of ${i}`)
        expect(await cache.getOrSet(`${round} loaded`, () => 'once', { lease: true })).toBe('once')
      }
      for (const cache of caches) {
        for (const i of caches.keys()) await until(async () => (await cache.get(`${round} ${i}`)) === `of ${i}`)
      }
      await caches[0]!.delete(`${round} 1`)
      for (const cache of caches) await until(async () => (await cache.get(`${round} 1`)) === undefined)
    }
    await inStep('first')
    expect(caches.reduce((sum, cache) => sum + cache.stats().loads, 0)).toBe(1)
    await scene.raw.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
    await scene.raw.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
    for (const cache of caches) await until(() => cache.stats().clears.reconnect > 0 && cache.status === 'ready')
    for (const cache of caches) await until(async () => (await cache.get('none').catch(() => 'failed')) === undefined)
    await inStep('second')
  })
})
