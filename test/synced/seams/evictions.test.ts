import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { deferred } from '../fleet.ts'
import { prefix, Scene } from '../proof/scene.ts'

const meta = `${prefix}{${prefix}0}m`
const tags = `${prefix}{${prefix}0}t`

describeRedis('a Redis that evicts what it likes', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it('the deleted tags: what had one stays deleted', async () => {
    await using scene = await Scene.on(server)
    const a = await scene.open<string>()
    await a.set('key', 'old', { tags: ['x'] })
    await a.deleteByTag('x')
    await a.set('other', 'value', { tags: ['y'] })
    await scene.raw.del(tags)
    const b = await scene.open<string>()
    expect([await b.get('key'), await b.get('other')]).toEqual([undefined, 'value'])
    await a.deleteByTag('z')
    const c = await scene.open<string>()
    expect([await c.get('key'), await c.get('other')]).toEqual([undefined, 'value'])
    await c.deleteByTag('y')
    expect(await c.get('other')).toBeUndefined()
    expect(await a.sweep()).toEqual({ removed: 2 })
  })

  it.each([
    ['deleted', false],
    ['deleted', true],
    ['set for a moment', false],
  ] as const)('the trace of a key that was %s while it was loaded; lease: %s', async (way, lease) => {
    await using scene = await Scene.on(server)
    const [a, b] = [await scene.open<string>(), await scene.open<string>()]
    const gate = deferred<string>()
    const load = a.getOrSet('key', () => gate.promise, { lease })
    await until(() => a.stats().loads === 1)
    if (way === 'deleted') await b.delete('key')
    else await b.set('key', 'new', { ttlMs: 20 })
    await scene.settle(a)
    // A copy that another process has is an answer until its time is over.
    await until(async () => (await b.get('key')) === undefined)
    await scene.raw.del(`${prefix}{${prefix}0}vkey`)
    gate.resolve('old')
    await load
    expect([await a.get('key'), await b.get('key')]).toEqual([undefined, undefined])
    expect(await a.getOrSet('key', () => 'newer', { lease })).toBe('newer')
    expect(await b.get('key')).toBe('newer')
  })

  it('the state, but not the deleted tags: they say nothing of values of the new epoch', async () => {
    await using scene = await Scene.on(server)
    const a = await scene.open<string>()
    for (let i = 0; i < 10; i++) await a.deleteByTag('x')
    await scene.raw.del(meta)
    await until(() => a.stats().clears.epoch === 1 && a.status === 'ready')
    await a.set('key', 'value', { tags: ['x'] })
    const b = await scene.open<string>()
    expect(await b.get('key')).toBe('value')
    expect(await b.getOrSet('loaded', () => 'value', { tags: ['x'] })).toBe('value')
    expect(await (await scene.open<string>()).get('loaded')).toBe('value')
    await a.deleteByTag('x')
    expect(await (await scene.open<string>()).get('key')).toBeUndefined()
  })
})
