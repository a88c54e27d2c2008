import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../../group/until.ts'
import { Random } from '../../../helpers/random.ts'
import { type RedisServer, startRedis } from '../../../helpers/redis-server.ts'
import { seed } from '../../../snapshot/runs.ts'
import { differing } from '../differing.ts'
import { look, modes, Scene } from '../scene.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

describe.each(modes)('races (%s)', mode => {
  it('C16 two processes that set the same keys at once have the same values at rest, and Redis too', async () => {
    await using scene = await Scene.on(server, mode)
    // So many at once may take long on a machine that is busy.
    const patience = { timeoutMs: 30_000 }
    const [a, b] = [await scene.open<string>(patience), await scene.open<string>(patience)]
    const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`)
    await Promise.all(keys.flatMap(key => [a.set(key, `a of ${key}`), b.set(key, `b of ${key}`)]))
    await scene.settle(a, b)
    expect(await differing(scene, keys, a, b)).toEqual([])
  })

  it('C17 a killed subscription: nobody answers the old value once it is back', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const [a, b] = [await scene.open<string>(), await scene.open<string>({ url: proxy.url })]
    await a.set('key', 'v1')
    await scene.settle(b)
    expect(await look(b, 'key')).toEqual({ value: 'v1', isLocal: true })
    const accepted = proxy.accepted
    const resume = proxy.stall('both', ({ id }) => id > accepted)
    expect(proxy.cut(({ isSubscriber }) => isSubscriber)).toBe(1)
    await a.set('key', 'v2')
    await until(() => b.status !== 'ready')
    resume()
    await until(() => b.status === 'ready')
    expect(await b.get('key')).toBe('v2')
    await scene.settle(b)
    expect(await b.get('key')).toBe('v2')
  })

  it('C17 the same with CLIENT KILL, at a server that goes on at once', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open<number>(), await scene.open<number>()]
    for (let i = 0; i < 5; i++) {
      await a.set('key', i)
      await scene.settle(a, b)
      await scene.raw.sendCommand(['CLIENT', 'KILL', 'TYPE', 'PUBSUB'])
      await a.set('key', i + 100)
      await until(() => a.status === 'ready' && b.status === 'ready')
      await until(async () => (await b.get('key')) === i + 100)
      await scene.settle(a, b)
      expect([await a.get('key'), await b.get('key')]).toEqual([i + 100, i + 100])
    }
  })

  it.each(['set', 'delete', 'invalidate', 'clear'] as const)(
    'C18 a read in flight during a %s is not kept',
    async way => {
      await using scene = await Scene.on(server, mode)
      const proxy = await scene.proxy()
      const [a, b] = [await scene.open<string>(), await scene.open<string>({ url: proxy.url })]
      await a.set('key', 'old', { broadcast: 'key' })
      await scene.settle(b)
      const resume = proxy.stall('toClient', ({ isSubscriber }) => !isSubscriber)
      const reads = await scene.calls()
      const read = b.get('key')
      await until(
        async () => (await scene.calls())('get') + (await scene.calls())('mget') > reads('get') + reads('mget'),
      )
      if (way === 'set') await a.set('key', 'new', { broadcast: 'key' })
      else if (way === 'delete') await a.delete('key')
      else if (way === 'clear') await a.clear()
      else {
        await a.set('key', 'new', { broadcast: 'key' })
        await a.invalidate('key')
      }
      // B hears on its other connection; a set with its value is seen without a read, so this fence asks nothing of Redis.
      await scene.settle(b)
      resume()
      expect(['old', 'new', undefined]).toContain(await read)
      const wanted = way === 'delete' || way === 'clear' ? undefined : 'new'
      expect(await b.get('key')).toBe(wanted)
      expect((await look(b, 'key')).value).toBe(wanted)
    },
  )

  it('C18 a loader in flight during a delete is not kept', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open<string>(), await scene.open<string>()]
    const gates: ((value: string) => void)[] = []
    const loading = b.getOrSet('key', () => new Promise<string>(resolve => void gates.push(resolve)))
    await until(() => gates.length === 1)
    await a.delete('key')
    await scene.settle(b)
    gates[0]?.('old')
    expect(['old', undefined]).toContain(await loading)
    await scene.settle(a, b)
    for (const cache of [a, b, await scene.open()]) expect(await cache.get('key')).toBe(undefined)
  })
})

describe('the order of events', () => {
  it('C19 old events that come again, in any order, replace nothing newer', async () => {
    await using scene = await Scene.on(server)
    const heard = await scene.tap()
    const [a, b] = [await scene.open<number>(), await scene.open<number>()]
    for (let i = 1; i <= 5; i++) await a.set('key', i)
    await a.delete('gone')
    await scene.settle(b)
    const events = heard.filter(({ payload }) => payload.includes('key') || payload.includes('gone'))
    const random = new Random(seed)
    for (let i = 0; i < 60; i++) {
      const { channel, payload } = random.pick(events)
      await scene.raw.publish(channel, payload)
      expect((await b.get('key')) ?? 5).toBe(5)
    }
    await scene.settle(a, b)
    for (const cache of [a, b, await scene.open()]) expect(await cache.get('key')).toBe(5)
    expect(await b.get('gone')).toBe(undefined)
  })

  it(`C19 lost, doubled and late messages: all end with what Redis has; COLDSNAP_SEED=${seed}`, async () => {
    await using scene = await Scene.on(server)
    const proxy = await scene.proxy()
    const random = new Random(seed)
    const caches = [
      await scene.open<number>(),
      await scene.open<number>({ url: proxy.url }),
      await scene.open<number>({ url: proxy.url }),
    ]
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`)
    proxy.deliver = () => {
      const dice = random.unit()
      if (dice < 0.1) return []
      if (dice < 0.2) return [0, random.below(20)]
      return [dice < 0.5 ? random.below(20) : 0]
    }
    for (let i = 0; i < 400; i++) {
      const cache = random.pick(caches)
      const key = random.pick(keys)
      if (random.chance(0.5)) await cache.set(key, i)
      else if (random.chance(0.2)) await cache.delete(key)
      else await cache.get(key)
    }
    proxy.heal()
    await scene.settle(...caches)
    // The last message may be the lost one: then the next tick tells.
    await until(async () => (await differing(scene, keys, ...caches)).length === 0)
  })
})
