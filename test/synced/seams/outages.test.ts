import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { ended, prefix, Scene } from '../proof/scene.ts'

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
