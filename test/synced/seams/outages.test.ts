import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { ended, look, modes, prefix, Scene } from '../proof/scene.ts'

const value = (key: string): string => `${prefix}{${prefix}0}v${key}`

describeRedis('outages of one kind each', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it('a server that hung for long is used as soon as it goes on, whatever the back-off', async () => {
    await using scene = await Scene.on(server)
    const proxy = await scene.proxy()
    const breaker = { backOffMs: 60_000, maxBackOffMs: 60_000 }
    const a = await scene.open<string>({ url: proxy.url, timeoutMs: 500, breaker })
    const resume = proxy.stall('both')
    for (let i = 0; i < 5; i++) expect((await ended(a.get('key'))).code).toBe('UNAVAILABLE')
    resume()
    await until(async () => (await ended(a.get('key'))).code === 'none')
  })

  it('a connection for commands that is dead although nobody said so is replaced', async () => {
    await using scene = await Scene.on(server)
    const proxy = await scene.proxy()
    const breaker = { backOffMs: 100, maxBackOffMs: 200 }
    const a = await scene.open<string>({ url: proxy.url, timeoutMs: 500, breaker })
    const accepted = proxy.accepted
    proxy.stall('both', ({ id }) => id <= accepted)
    await until(async () => (await ended(a.get('key'))).code === 'none')
  })

  it('a server that forgot its scripts is given them again, in the middle of everything', async () => {
    await using scene = await Scene.on(server)
    const a = await scene.open<string>({ heartbeatMs: 30 })
    const b = await scene.open<string>()
    let isOver = false
    const flushing = (async () => {
      while (!isOver) await scene.raw.scriptFlush()
    })()
    for (let i = 0; i < 40; i++) {
      await a.set('key', `${i}`, { tags: ['tag'] })
      expect(await a.getOrSet(`loaded ${i}`, () => 'value', { lease: true, tags: ['other'] })).toBe('value')
      if (i % 10 === 0) {
        await b.deleteByTag('other')
        await b.delete('deleted')
        await b.invalidate('key')
      }
    }
    isOver = true
    await flushing
    await scene.settle(b)
    expect(await b.get('key')).toBe('39')
    expect([a.stats().remoteErrors, b.stats().remoteErrors, a.stats().gaps, b.stats().gaps]).toEqual([0, 0, 0, 0])
  })

  it.each(modes)('values of 5 MB go everywhere, sent with their event or not (%s)', async mode => {
    await using scene = await Scene.on(server, mode)
    const value = (n: number): string => `${n}`.padEnd(5_000_000, 'x')
    const options = { timeoutMs: 10_000, inlineBytes: 8_000_000 }
    const [a, b, c] = [
      await scene.open<string>(options),
      await scene.open<string>(options),
      await scene.open<string>({ timeoutMs: 10_000 }),
    ]
    await a.set('sent', value(1))
    await c.set('not sent', value(2))
    await scene.settle(a, b, c)
    expect((await look(b, 'sent')).isLocal).toBe(true)
    for (const cache of [a, b, c]) {
      expect((await cache.get('sent')) === value(1)).toBe(true)
      expect((await cache.get('not sent')) === value(2)).toBe(true)
      expect((await cache.getOrSet('loaded', () => value(3))) === value(3)).toBe(true)
      expect((await look(cache, 'loaded')).isLocal).toBe(true)
    }
    await a.setMany(Array.from({ length: 3 }, (_, i) => [`many ${i}`, value(10 + i)]))
    const many = await b.getMany(Array.from({ length: 3 }, (_, i) => `many ${i}`))
    expect([...many].every(([key, text]) => text === value(10 + Number(key.slice(5))))).toBe(true)
    await scene.settle(a, b, c)
    expect([a, b, c].map(cache => cache.stats().gaps)).toEqual([0, 0, 0])
  })

  it('something else under the name of a value is a damaged value', async () => {
    await using scene = await Scene.on(server)
    const errors: Error[] = []
    const a = await scene.open<string>({ onError: error => errors.push(error) })
    await scene.raw.lPush(value('list'), 'foreign')
    await scene.raw.lPush(value('other'), 'foreign')
    await a.set('good', 'value', { broadcast: 'key' })
    expect(await a.get('list')).toBeUndefined()
    expect(errors).toMatchObject([{ code: 'CORRUPT' }])
    expect(await (await scene.open<string>()).getMany(['list', 'good'])).toEqual(new Map([['good', 'value']]))
    await a.clear()
    expect(await a.get('list')).toBeUndefined()
    expect(await a.getOrSet('list', () => 'loaded')).toBe('loaded')
    expect(await (await scene.open<string>()).get('list')).toBe('loaded')
    await a.delete('other')
    expect(await a.getOrSet('other', () => 'loaded')).toBe('loaded')
  })
})
