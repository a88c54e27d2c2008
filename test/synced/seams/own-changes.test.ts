import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { look, Scene } from '../proof/scene.ts'

describeRedis('what a process changed is never seen to be undone by it', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it.each(['delete', 'clear', 'deleteByTag', 'invalidate'] as const)(
    '%s, with an event from before still under way',
    async way => {
      await using scene = await Scene.on(server)
      const proxy = await scene.proxy()
      const [a, b] = [await scene.open<string>({ url: proxy.url }), await scene.open<string>()]
      await a.get('key')
      // The events of both changes are under way for long; those of the second for longer.
      proxy.deliver = ({ payload }) => (payload[3] === 1 ? [300] : [600])
      await b.set('key', 'old', { tags: ['tag'] })
      if (way === 'deleteByTag') await a.deleteByTag('tag')
      else if (way === 'clear') await a.clear()
      else if (way === 'invalidate') {
        await b.set('key', 'new', { broadcast: 'key' })
        await a.invalidate('key')
      } else await a.delete('key')
      const wanted = way === 'invalidate' ? 'new' : undefined
      const end = performance.now() + 500
      const seen = new Set()
      while (performance.now() < end) {
        seen.add(await a.get('key'))
        await new Promise(resolve => setTimeout(resolve, 5))
      }
      expect([...seen]).toEqual([wanted])
    },
  )

  it('a set whose events do not come while the numbers have gone back', async () => {
    await using scene = await Scene.on(server)
    const proxy = await scene.proxy()
    const [a, b] = [await scene.open<string>({ url: proxy.url }), await scene.open<string>()]
    for (let i = 0; i < 5; i++) await b.set('key', 'old')
    await scene.settle(a)
    expect(await look(a, 'key')).toEqual({ value: 'old', isLocal: true })
    const accepted = proxy.accepted
    const resume = proxy.stall('both', ({ id }) => id > accepted)
    proxy.cut(({ isSubscriber }) => isSubscriber)
    await until(() => a.status === 'down')
    await scene.raw.flushAll()
    await a.set('key', 'new')
    expect(await a.get('key')).toBe('new')
    resume()
  })
})
