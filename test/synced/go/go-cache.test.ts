// `compat: 'go'` by the public calls; what holds for both modes is in test/synced/proof.
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SyncedOptions } from '../../../src/synced/index.ts'
import { SyncedCache } from '../../../src/synced/index.ts'
import { until } from '../../group/until.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { fleet } from '../fleet.ts'
import { countsOf, ended, type Heard, Scene } from '../proof/scene.ts'
import { callersValue, operations } from './operations.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

const bare: SyncedOptions = { prefix: '', clearWithoutPrefix: true }

function eventsOf(heard: readonly Heard[]): string[] {
  return heard.map(({ payload }) => payload.toString()).filter(text => !text.includes('"action":"ping"'))
}

describe('each operation that Go recorded', () => {
  for (const operation of operations) {
    const { op, key, event, redisValue, input = null } = operation
    const wanted = redisValue === null ? undefined : input

    it(`C6, C7: ${op} of ${JSON.stringify(key)}, done the same by us`, async () => {
      await using scene = await Scene.on(server, 'go')
      const errors: Error[] = []
      const cache = await scene.open({ ...bare, id: 'pod-a', onError: error => void errors.push(error) })
      const heard = await scene.tap()
      await scene.raw.set('i', '7')
      if (op === 'clear') await cache.clear()
      else if (op === 'delete') await cache.delete(key)
      else await cache.set(key, callersValue(operation), { broadcast: op === 'set' ? 'value' : 'key' })
      await scene.raw.publish('end', 'end')
      await until(() => heard.some(({ channel }) => channel === 'end'))
      expect(eventsOf(heard)).toEqual([event, 'end'])
      expect(await scene.raw.get(key)).toBe(redisValue)
      expect(await scene.raw.pTTL(key)).toBe(redisValue === null ? -2 : -1)
      expect(await cache.get(key)).toEqual(wanted)
      expect(errors).toEqual([])
    })

    it(`C6, C7: ${op} of ${JSON.stringify(key)}, understood by us`, async () => {
      await using scene = await Scene.on(server, 'go')
      const cache = await scene.open({ ...bare, id: 'pod-b' })
      if (op !== 'set') {
        await scene.raw.set(key, '"before"')
        expect(await cache.get(key)).toBe('before')
      }
      if (redisValue === null) await scene.raw.del(key)
      else await scene.raw.set(key, redisValue)
      await scene.raw.publish('cache:invalidate', event)
      await scene.raw.publish('cache:invalidate', '{"key":"mark","sender":"go","action":"set","value":"MQ=="}')
      await until(() => cache.getLocal('mark') === 1)
      const reads = await scene.reads(async () => expect(await cache.get(key)).toEqual(wanted))
      expect(reads).toBe(op === 'set' ? 0 : 1)
    })
  }
})

describe('what the format has no place for is refused', () => {
  const { memory } = fleet()
  const open = (options: SyncedOptions) => SyncedCache.open({ remote: memory.connect, ...options })

  it.each([
    [{ compat: 'go', codec: 'json' }, /codec/],
    [{ compat: 'go', partitions: 1 }, /partitions/],
    [{ compat: 'go', staleMs: 1 }, /staleMs/],
    [{ prefix: 'p', channel: 'c' }, /channel/],
    [{ prefix: 'p', clearWithoutPrefix: true }, /clearWithoutPrefix/],
    [{ compat: 'go', clearWithoutPrefix: 1 as never }, /clearWithoutPrefix/],
  ] as const)('among options: %j', async (options, message) => {
    const error: unknown = await open(options).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toMatch(message)
  })

  it('in calls, before anything is done', async () => {
    await using scene = await Scene.on(server, 'go')
    const cache = await scene.open({ ttlMs: 60_000, staleMs: 0 })
    let loads = 0
    const load = (): number => ++loads
    for (const [options, message] of [
      [{ tags: ['t'] }, /Tags/],
      [{ staleMs: 1 }, /staleMs/],
    ] as const) {
      await expect(cache.set('k', 1, options)).rejects.toThrow(message)
      await expect(cache.setMany([['k', 1]], options)).rejects.toThrow(TypeError)
      await expect(cache.getOrSet('k', load, options)).rejects.toThrow(TypeError)
    }
    await expect(cache.deleteByTag('t')).rejects.toThrow(TypeError)
    await cache.set('k', 1, { tags: [], staleMs: 0 })
    expect([loads, await scene.raw.keys('*')]).toEqual([0, ['scene:k']])
  })

  it('as keys: what leases are under, and more than 1,024 bytes; the empty one is a key here and nowhere else', async () => {
    await using scene = await Scene.on(server, 'go')
    const cache = await scene.open<number>()
    for (const key of ['coldsnap:lease:k', 'é'.repeat(513), '\ud800']) {
      const calls = [
        () => cache.get(key),
        () => cache.getMany(['k', key]),
        () => cache.set(key, 1),
        () => cache.setMany([['k', 1], [key, 1]]), // biome-ignore format: as it reads
        () => cache.delete(key),
        () => cache.invalidate(key),
        () => cache.getOrSet(key, () => 1),
      ]
      for (const call of calls) expect(await ended(call()), String(call)).toMatchObject({ code: 'INVALID_KEY' })
    }
    expect(await scene.raw.keys('*')).toEqual([])
    expect(countsOf(cache).remoteErrors).toBe(0)
    expect(await cache.getOrSet('', () => 5, { lease: true })).toBe(5)
    expect([...(await cache.getMany(['', 'k']))]).toEqual([['', 5]])
    await cache.delete('')
    expect(await cache.get('')).toBe(undefined)
    await using native = await Scene.on(server)
    expect(await ended((await native.open()).get(''))).toMatchObject({ code: 'INVALID_KEY' })
  })

  it('clear without a prefix, unless it is meant', async () => {
    await using scene = await Scene.on(server, 'go')
    const [cache, other] = [await scene.open({ prefix: '' }), await scene.open(bare)]
    await cache.set('k', 1)
    await expect(cache.clear()).rejects.toThrow(/clearWithoutPrefix/)
    expect(await scene.raw.get('k')).toBe('1')
    await other.clear()
    expect(await scene.raw.keys('*')).toEqual([])
    await until(async () => (await cache.get('k')) === undefined)
  })
})

it('values with a time to live, and large ones, are read by the others and not sent', async () => {
  await using scene = await Scene.on(server, 'go')
  const [a, b] = [await scene.open<string>({ inlineBytes: 10 }), await scene.open<string>()]
  const heard = await scene.tap()
  await a.set('timed', 'x', { ttlMs: 60_000 })
  await a.set('small', '12345678')
  await a.set('large', '123456789')
  await scene.settle(b)
  const actions = eventsOf(heard).filter(text => !text.includes('fence'))
  expect(actions.map(text => JSON.parse(text).action)).toEqual(['invalidate', 'set', 'invalidate'])
  expect([...(await b.getMany(['timed', 'small', 'large'])).values()]).toEqual(['x', '12345678', '123456789'])
})

it('C13: onSetLocal gets what the JSON says, and what it gives is kept as JSON', async () => {
  await using scene = await Scene.on(server, 'go')
  const seen: unknown[] = []
  const cache = await scene.open<unknown>({
    onSetLocal: ({ value }) => {
      seen.push(value)
      return { when: new Date(0), value }
    },
  })
  const value = Buffer.from('9007199254740993').toString('base64')
  await scene.raw.publish('cache:invalidate', `{"key":"scene:k","sender":"go","action":"set","value":"${value}"}`)
  await until(() => cache.getLocal('k') !== undefined)
  expect(seen).toEqual([9_007_199_254_740_993n])
  expect(cache.getLocal('k')).toEqual({ when: '1970-01-01T00:00:00Z', value: 9_007_199_254_740_993n })
})

// Clients of each library, and what ends them.
const libraries = {
  'node-redis': (port: number) => {
    const redis = createClient({ url: `redis://127.0.0.1:${port}` })
    redis.on('error', () => undefined)
    return { redis, end: () => void (redis.isOpen && redis.destroy()) }
  },
  ioredis: (port: number) => {
    const redis = new Redis(port, '127.0.0.1', { lazyConnect: true })
    redis.on('error', () => undefined)
    return { redis, end: () => redis.disconnect() }
  },
}

it.each(Object.entries(libraries))(
  '%s: a server that dies is UNAVAILABLE, and one that is back is asked',
  async (_, connect) => {
    const first = await startRedis()
    const { port } = first
    const clients = [connect(port), connect(port)] as const
    const options = {
      compat: 'go',
      prefix: 'p:',
      timeoutMs: 500,
      breaker: { backOffMs: 20, maxBackOffMs: 50 },
    } as const
    const cache = await SyncedCache.open<number>({ redis: clients[0].redis, ...options })
    const other = await SyncedCache.open<number>({ redis: clients[1].redis, ...options })
    await cache.set('k', 1)
    await until(() => other.getLocal('k') === 1)

    await first.stop()
    await until(() => cache.status === 'down' && other.status === 'down')
    expect([await cache.get('k'), await other.get('k')]).toEqual([1, 1])
    const calls = [
      () => cache.get('absent'),
      () => cache.getMany(['k', 'absent']),
      () => cache.set('k', 2),
      () => cache.delete('k'),
      () => cache.invalidate('k'),
      () => cache.clear(),
    ]
    for (const call of calls) {
      const { code, ms } = await ended(call())
      expect(code, String(call)).toBe('UNAVAILABLE')
      expect(ms).toBeLessThan(2_000)
    }
    expect(await cache.getOrSet('loaded', () => 3)).toBe(3)
    expect(await cache.get('k')).toBe(1)

    const second = await startRedis({ port })
    await until(() => cache.status === 'ready' && other.status === 'ready')
    await until(async () => (await ended(cache.get('k'))).code === 'none')
    expect([await cache.get('k'), await cache.get('loaded')]).toEqual([undefined, undefined])
    await other.set('k', 4)
    await until(() => cache.getLocal('k') === 4)
    await Promise.all([cache.close(), other.close()])
    for (const { end } of clients) end()
    await second.stop()
  },
  20_000,
)
