import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { deferred } from '../fleet.ts'
import { Scene } from '../proof/scene.ts'

describeRedis('a load for the whole fleet', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it.each(['invalidate', 'deleteByTag'] as const)('is waited for, however often there is an event: %s', async way => {
    await using scene = await Scene.on(server)
    const [a, b] = [await scene.open<string>(), await scene.open<string>()]
    const patience = { leaseMs: 60_000, loadTimeoutMs: 30_000 }
    const gate = deferred<string>()
    const first = a.getOrSet('key', () => gate.promise, { lease: true, ...patience })
    await until(() => a.stats().loads === 1)
    const second = b.getOrSet('key', () => 'of b', { lease: true, ...patience })
    await until(() => b.stats().leaseWaits === 1)
    for (let i = 0; i < 600; i++) await (way === 'invalidate' ? a.invalidate('key') : a.deleteByTag(`tag ${i}`))
    await scene.settle(b)
    expect(b.stats().loads).toBe(0)
    gate.resolve('of a')
    expect([await first, await second]).toEqual(['of a', 'of a'])
  })
})
