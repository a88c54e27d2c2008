import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { deferred } from '../fleet.ts'
import { look, Scene } from '../proof/scene.ts'

const tenMinutes = 600_000

describeRedis('processes whose clocks are not that of Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  /** A clock that is so far ahead, and can be set. */
  function clockAhead(aheadMs: number) {
    const time = { aheadMs }
    return { time, clock: (): number => Date.now() + time.aheadMs }
  }

  it.each([
    ['behind', -tenMinutes],
    ['ahead', tenMinutes],
  ])('%s: values are fresh for their time, and no longer', async (_, aheadMs) => {
    await using scene = await Scene.on(server)
    const { clock } = clockAhead(aheadMs)
    const [a, b] = [await scene.open<string>({ clock }), await scene.open<string>()]
    const options = { ttlMs: 120_000 }
    await a.set('of a', 'value', options)
    await b.set('of b', 'value', options)
    await b.set('read', 'value', { ...options, broadcast: 'key' })
    await scene.settle(a, b)
    const loads: string[] = []
    const load = (): string => `load ${loads.push('')}`
    for (const cache of [a, b]) {
      for (const key of ['of a', 'of b']) expect(await look(cache, key)).toEqual({ value: 'value', isLocal: true })
      expect(await cache.get('read')).toBe('value')
      expect(await look(cache, 'read')).toEqual({ value: 'value', isLocal: true })
      expect(await cache.getOrSet('loaded', load, { ...options, staleMs: 1000 })).toBe('load 1')
    }
    await a.set('short of a', 'value', { ttlMs: 150 })
    await b.set('short of b', 'value', { ttlMs: 150 })
    for (const cache of [a, b]) {
      for (const key of ['short of a', 'short of b']) {
        await until(async () => (await cache.get(key)) === undefined)
        expect(await cache.getOrSet(key, () => 'anew', options)).toBe('anew')
        await cache.delete(key)
      }
    }
    expect([a.stats().gaps, b.stats().gaps]).toEqual([0, 0])
  })

  it.each([
    ['behind', -tenMinutes],
    ['ahead', tenMinutes],
  ])('%s: a load that began before a delete is not set, one after it is', async (_, aheadMs) => {
    await using scene = await Scene.on(server)
    const { clock } = clockAhead(aheadMs)
    const [a, b] = [await scene.open<string>({ clock }), await scene.open<string>()]
    for (const [loader, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const gate = deferred<string>()
      const load = loader.getOrSet('key', () => gate.promise)
      await until(() => loader.stats().loads > 0)
      await other.delete('key')
      gate.resolve('old')
      await load
      expect([await a.get('key'), await b.get('key')]).toEqual([undefined, undefined])
      expect(await loader.getOrSet('key', () => 'new')).toBe('new')
      expect(await other.get('key')).toBe('new')
      await other.delete('key')
    }
  })

  it('a copy is good for localTtlMs of the own clock', async () => {
    await using scene = await Scene.on(server)
    const { time, clock } = clockAhead(tenMinutes)
    const [a, b] = [await scene.open<string>({ clock, localTtlMs: 60_000 }), await scene.open<string>()]
    await b.set('key', 'value')
    await scene.settle(a)
    time.aheadMs += 59_000
    expect(await look(a, 'key')).toEqual({ value: 'value', isLocal: true })
    time.aheadMs += 61_000
    expect(await look(a, 'key')).toEqual({ value: 'value', isLocal: false })
    time.aheadMs -= 2 * tenMinutes
    expect(await look(a, 'key')).toEqual({ value: 'value', isLocal: false })
  })

  it.each([
    ['ahead', tenMinutes],
    ['back', -tenMinutes],
  ])('a clock that is set %s while others do all the ticking', async (_, byMs) => {
    await using scene = await Scene.on(server)
    const { time, clock } = clockAhead(0)
    // A round of the one is over before the other's ever is.
    const reader = await scene.open<string>({ clock, reader: true, heartbeatMs: 600 })
    const other = await scene.open<string>({ heartbeatMs: 50 })
    await other.set('key', 'value', { ttlMs: 120_000 })
    expect(await reader.get('key')).toBe('value')
    time.aheadMs += byMs
    await until(async () => (await reader.get('key')) === 'value')
    await until(async () => (await look(reader, 'key')).isLocal)
    await other.set('short', 'value', { ttlMs: 300 })
    await scene.settle(reader)
    await until(async () => (await reader.get('short')) === undefined)
  })
})
