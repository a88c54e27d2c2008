import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { patienceMs, Scene } from '../proof/scene.ts'
import { expectSilence, urlOfViewer } from './silent-reader.ts'

/** What a reader that speaks Go's format takes of a user: nothing that writes, nothing that is published. */
const rights = ['-@all', '+get', '+pttl', '+ping', '+subscribe', '+hello', '+client', '+info', '+select']
const patient = { timeoutMs: patienceMs }

describeRedis("a reader with compat 'go'", () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it.each(['node-redis', 'ioredis'] as const)(
    'works for a user that may neither write nor publish (%s)',
    async name => {
      await using scene = await Scene.on(server, 'go')
      const url = await urlOfViewer(scene, server, rights)
      const ioredis = name === 'ioredis' ? new Redis(url, { lazyConnect: true }) : undefined
      const problems: string[] = []
      const reader = await scene.open<string>({
        ...patient,
        ...(ioredis === undefined ? { url } : { redis: ioredis }),
        reader: true,
        heartbeatMs: 10,
        onError: error => problems.push(error.message),
      })
      try {
        expect(reader.status).toBe('ready')
        const writer = await scene.open<string>(patient)
        await writer.set('key', 'value')
        await until(() => reader.getLocal('key') === 'value')
        await writer.delete('key')
        await until(() => reader.getLocal('key') === undefined)
        expect(await reader.get('key')).toBeUndefined()
        expect(await reader.getOrSet('own', () => 'loaded', { lease: true })).toBe('loaded')
        expect(await scene.raw.dbSize()).toBe(0)
        expect([reader.stats().clears.reconnect, problems]).toEqual([0, []])
      } finally {
        await reader.close()
        ioredis?.disconnect()
      }
    },
  )

  it('sends no command that writes or publishes, whatever it is asked', async () => {
    await using scene = await Scene.on(server, 'go')
    await expectSilence(scene, {
      server,
      open: async () => await scene.open<string>({ ...patient, reader: true, heartbeatMs: 10 }),
      beat: /\] "ping"/i,
      sent: ['subscribe', 'ping', 'get', 'pttl'],
    })
  })

  it.each(['toClient', 'toServer'] as const)('finds a subscription of which the way %s died unheard', async way => {
    await using scene = await Scene.on(server, 'go')
    const proxy = await scene.proxy()
    const writer = await scene.open<string>({ ...patient, heartbeatMs: 60_000 })
    const problems: string[] = []
    const reader = await scene.open<string>({
      url: proxy.url,
      reader: true,
      heartbeatMs: 50,
      timeoutMs: 500,
      onError: error => problems.push(error.message),
    })
    await writer.set('key', 'old')
    await until(() => reader.getLocal('key') === 'old')
    const last = proxy.accepted
    proxy.stall(way, ({ isSubscriber, id }) => isSubscriber && id <= last)
    if (way === 'toClient') await writer.set('key', 'new')
    // Twice the heartbeat until it asks, and `timeoutMs` for the answer; then all copies go.
    await until(() => reader.stats().clears.reconnect > 0, { timeoutMs: patienceMs })
    expect(problems).toContain('The own ping did not come back over the channel')
    await until(async () => (await reader.get('key')) === (way === 'toClient' ? 'new' : 'old'))
    await writer.set('key', 'newest')
    await until(async () => (await reader.get('key')) === 'newest', { timeoutMs: patienceMs })
  })
})
