import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SyncedCache } from '../../../src/synced/synced-cache.ts'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { deferred } from '../fleet.ts'
import { Scene } from '../proof/scene.ts'

describeRedis('loads that end after the key moved', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  /** A load under way in `cache`, and what ends it. */
  async function slowLoad(cache: SyncedCache<string>, tags: readonly string[] = [], ttlMs = 60_000) {
    const gate = deferred<string>()
    let isLoading = false
    const load = cache.getOrSet(
      'key',
      () => {
        isLoading = true
        return gate.promise
      },
      { tags, ttlMs },
    )
    await until(() => isLoading)
    return async (value: string): Promise<unknown> => {
      gate.resolve(value)
      return await load
    }
  }

  it('is not set if a tag of it was deleted, however many were deleted since', async () => {
    await using scene = await Scene.on(server)
    const [a, b] = [await scene.open<string>(), await scene.open<string>()]
    const end = await slowLoad(a, ['x'])
    await b.deleteByTag('x')
    for (let i = 0; i < 5; i++) {
      await new Promise(resolve => setTimeout(resolve, 5))
      await b.deleteByTag(`other ${i}`)
    }
    await end('old')
    expect(await b.get('key')).toBeUndefined()
    expect(await a.get('key')).toBeUndefined()
  })

  it('is not set if the key was set meanwhile for a time that is over', async () => {
    await using scene = await Scene.on(server)
    const [a, b] = [await scene.open<string>(), await scene.open<string>()]
    const end = await slowLoad(a)
    await b.set('key', 'new', { ttlMs: 20 })
    await new Promise(resolve => setTimeout(resolve, 60))
    await end('old')
    expect(await b.get('key')).toBeUndefined()
    expect(await a.get('key')).toBeUndefined()
  })

  it('is set if the value that it replaces ended during the load', async () => {
    await using scene = await Scene.on(server)
    const [a, b] = [await scene.open<string>(), await scene.open<string>()]
    await b.set('key', 'before', { ttlMs: 30, staleMs: 100 })
    await new Promise(resolve => setTimeout(resolve, 50))
    const end = await slowLoad(a)
    await new Promise(resolve => setTimeout(resolve, 150))
    await end('after')
    expect(await b.get('key')).toBe('after')
  })

  it('is not wasted because the value ended in Redis a moment after it ended here', async () => {
    await using scene = await Scene.on(server)
    const a = await scene.open<number>()
    let loads = 0
    while (loads < 20) await a.getOrSet('n', () => ++loads, { ttlMs: 20 })
    expect(a.stats()).toMatchObject({ loads: 20, fillsMoved: 0 })
  })

  it.each(['delete', 'deleteByTag'] as const)('is not set if Redis hung until it had forgotten the %s', async way => {
    await using scene = await Scene.on(server)
    const proxy = await scene.proxy()
    const options = { timeoutMs: 500, loadTimeoutMs: 200 }
    const a = await scene.open<string>({ url: proxy.url, ...options })
    const b = await scene.open<string>(options)
    const end = await slowLoad(a, ['x'])
    await (way === 'delete' ? b.delete('key') : b.deleteByTag('x'))
    const resume = proxy.stall('toServer', ({ isSubscriber }) => !isSubscriber)
    await end('old')
    await new Promise(resolve => setTimeout(resolve, 1_500))
    await b.deleteByTag('y')
    await b.deleteByTag('z')
    resume()
    await until(() => a.status === 'ready')
    await scene.settle(a)
    expect(await b.get('key')).toBeUndefined()
  })
})
