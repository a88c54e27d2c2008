// What was observed of distributed-cache by running it, each shown to be otherwise here.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { patiently } from '../../helpers/patiently.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { differing } from './differing.ts'
import { apartInTime, countsOf, ended, look, type Mode, modes, patienceMs, Scene } from './scene.ts'

/** How often two processes race; COLDSNAP_SYNCED_ROUNDS says it for both modes. */
const roundsOf = (mode: Mode): number => Number(process.env['COLDSNAP_SYNCED_ROUNDS'] ?? (mode === 'native' ? 100 : 10))
const keys = Array.from({ length: 2_000 }, (_, i) => `key ${i}`)

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

describe.each(modes)('the ten facts, repaired (%s)', mode => {
  const rounds = roundsOf(mode)

  it(
    `1: two processes that set ${keys.length} keys at once differ in none at rest, ${rounds} times (there: 1,998)`,
    async () => {
      await using scene = await Scene.on(server, mode)
      const [a, b] = [
        await scene.open<string>({ heartbeatMs: 60_000, timeoutMs: patienceMs }),
        await scene.open<string>({ heartbeatMs: 60_000, timeoutMs: patienceMs }),
      ]
      const counts: number[] = []
      for (let round = 0; round < rounds; round++) {
        await Promise.all(keys.flatMap(key => [a.set(key, `a ${round}`), b.set(key, `b ${round}`)]))
        await scene.settle(a, b)
        counts.push((await differing(scene, keys, a, b)).length)
      }
      const sum = counts.reduce((total, count) => total + count, 0)
      process.stdout.write(`${mode}: ${sum} of ${keys.length} keys differ in ${rounds} runs of ${keys.length}\n`)
      expect(counts).toEqual(new Array(rounds).fill(0))
    },
    // A round takes a second or less, and a busy machine any time; what hangs is ended by the deadlines of its calls.
    60_000 + rounds * 30_000,
  )

  it('2: messages lost while a subscription is broken leave nothing outdated behind (there: for ever)', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const [a, b] = [await scene.open<string>(), await scene.open<string>({ url: proxy.url })]
    const some = keys.slice(0, 200)
    await a.setMany(some.map(key => [key, 'v1'] as const))
    await scene.settle(b)
    for (const key of some) expect(await look(b, key)).toEqual({ value: 'v1', isLocal: true })
    const before = proxy.accepted
    const resume = proxy.stall('both', ({ id }) => id > before)
    proxy.cut(({ isSubscriber }) => isSubscriber)
    await a.setMany(some.map(key => [key, 'v2'] as const))
    // It goes on answering what it has, and says that it may be outdated.
    await until(() => b.status !== 'ready')
    resume()
    await until(() => b.status === 'ready')
    expect(await differing(scene, some, a, b)).toEqual([])
    expect(await b.get(some[0]!)).toBe('v2')
  })

  it('3: a read that comes back after an invalidation is not kept (there: for ever)', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const [a, b] = [await scene.open<string>(), await scene.open<string>({ url: proxy.url, timeoutMs: 4_000 })]
    const some = keys.slice(0, 50)
    await a.setMany(
      some.map(key => [key, 'old'] as const),
      { broadcast: 'key' },
    )
    await scene.settle(b)
    const resume = proxy.stall('toClient', ({ isSubscriber }) => !isSubscriber)
    const seen = await scene.calls()
    const reads = some.map(key => b.get(key))
    await until(async () => {
      const now = await scene.calls()
      return now('get') + now('mget') > seen('get') + seen('mget')
    })
    await a.setMany(
      some.map(key => [key, 'new'] as const),
      { broadcast: 'key' },
    )
    await scene.settle(b)
    resume()
    await Promise.all(reads)
    expect(await differing(scene, some, a, b)).toEqual([])
    for (const key of some) expect(await b.get(key)).toBe('new')
  })

  it('4: with the options of a quick start, what is set is in Redis (there: nothing ever)', async () => {
    await using scene = await Scene.on(server, mode)
    const cache = await scene.open<string>()
    await cache.set('key', 'value')
    await cache.close()
    expect(await (await scene.open<string>()).get('key')).toBe('value')
  })

  it('5: clear removes no foreign key (there: FLUSHDB)', async () => {
    await using scene = await Scene.on(server, mode)
    await scene.raw.mSet(Object.fromEntries(keys.map(key => [`foreign ${key}`, '1'])))
    const cache = await scene.open<string>()
    await cache.set('key', 'value')
    await cache.clear()
    expect(await cache.get('key')).toBe(undefined)
    expect((await scene.raw.keys('foreign *')).length).toBe(keys.length)
  })

  it('6: keys stand under the prefix, and expire with their ttl (there: bare, for ever)', async () => {
    await using scene = await Scene.on(server, mode)
    const cache = await scene.open<string>({ prefix: 'shop:' })
    await cache.set('key', 'value', { ttlMs: 50_000, staleMs: 0 })
    const held = await scene.raw.keys('*')
    expect(held.filter(key => !key.startsWith('shop:'))).toEqual([])
    const [key] = held.filter(name => name.endsWith('key'))
    const leftMs = await scene.raw.pTTL(key!)
    expect(leftMs).toBeGreaterThan(40_000)
    expect(leftMs).toBeLessThanOrEqual(50_000)
  })

  it('8: two caches with default options hear each other (there: they have the same id)', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open<number>(), await scene.open<number>()]
    for (const [i, key] of keys.slice(0, 20).entries()) await (i % 2 === 0 ? a : b).set(key, i)
    await scene.settle(a, b)
    for (const [i, key] of keys.slice(0, 20).entries())
      for (const cache of [a, b]) expect(await look(cache, key)).toEqual({ value: i, isLocal: true })
  })

  it('9: onSetLocal that gives undefined keeps what is there (there: it becomes nil)', async () => {
    await using scene = await Scene.on(server, mode)
    const a = await scene.open<number>()
    const b = await scene.open<number>({
      ...apartInTime,
      onSetLocal: ({ key, value }) => (key === 'key' && value === 1 ? undefined : value),
    })
    await a.set('key', 2)
    await scene.settle(b)
    await a.set('key', 1)
    await scene.settle(b)
    expect(await look(b, 'key')).toEqual({ value: 2, isLocal: true })
  })

  it('10: a Redis that fails is an error that is counted, not a miss (there: a miss)', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const cache = await patiently(() => scene.open<string>({ url: proxy.url, timeoutMs: 200 }))
    await proxy.refuse()
    const before = countsOf(cache)
    expect(await ended(cache.get('key'))).toMatchObject({ code: 'UNAVAILABLE' })
    const after = countsOf(cache)
    expect(after.remoteErrors).toBeGreaterThan(before.remoteErrors)
    expect(after.remoteMisses).toBe(before.remoteMisses)
  })
})

it('7: caches of two databases do not hear each other (there: they poison each other)', async () => {
  await using scene = await Scene.on(server)
  const [zero, one] = [await scene.open<string>({ database: 0 }), await scene.open<string>({ database: 1 })]
  const some = keys.slice(0, 100)
  await Promise.all(some.flatMap(key => [zero.set(key, 'zero'), one.set(key, 'one')]))
  await scene.settle(zero)
  for (const key of some) expect([await zero.get(key), await one.get(key)]).toEqual(['zero', 'one'])
})
