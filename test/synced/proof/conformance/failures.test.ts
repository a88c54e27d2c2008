import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../../group/until.ts'
import { patiently } from '../../../helpers/patiently.ts'
import { freePort, type RedisServer, startRedis } from '../../../helpers/redis-server.ts'
import { differing } from '../differing.ts'
import { countsOf, ended, look, modes, Scene, type SceneOptions } from '../scene.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

describe.each(modes)('what fails (%s)', mode => {
  it('C11 open() refuses options that are wrong, before it connects', async () => {
    await using scene = await Scene.on(server, mode)
    const redis = scene.idleClient(server.url)
    const wrong: Record<string, unknown>[] = [
      { ttlMs: 0 },
      { ttlMs: Number.NaN },
      { localTtlMs: -1 },
      { staleMs: -1 },
      { timeoutMs: 0 },
      { inlineBytes: -1 },
      { codec: 'msgpack' },
      { values: 'shared' },
      { heartbeatMs: 0 },
      { maxPending: 0 },
      { local: { maxBytes: -1 } },
      { local: 'lru' },
      { compat: 'java' },
      { prefix: 'a{b}' },
      { prefix: 5 },
      { onError: 'no' },
      { degraded: 'yes' },
      { unknown: 1 },
      { redis: {} },
    ]
    for (const options of wrong) {
      const opened = scene.open({ redis, ...options } as SceneOptions)
      const error: unknown = await opened.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      const isBugOfCaller = error instanceof TypeError || error instanceof RangeError
      expect(isBugOfCaller, `${JSON.stringify(options)}: ${error}`).toBe(true)
    }
    expect(redis.isOpen).toBe(false)
  })

  it('C11 open() without a server rejects with UNAVAILABLE in time, unless a degraded start is asked for', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    await proxy.refuse()
    const { code, ms } = await ended(scene.open({ redis: scene.idleClient(proxy.url), timeoutMs: 300 }))
    expect(code).toBe('UNAVAILABLE')
    expect(ms).toBeLessThan(1_500)

    const start = performance.now()
    const cache = await scene.open<string>({ redis: scene.idleClient(proxy.url), timeoutMs: 300, degraded: true })
    expect(performance.now() - start).toBeLessThan(1_500)
    expect(cache.status).toBe('down')
    expect(await ended(cache.get('key'))).toMatchObject({ code: 'UNAVAILABLE' })
    expect(await cache.getOrSet('key', () => 'loaded')).toBe('loaded')
    await proxy.accept()
    await until(() => cache.status === 'ready')
    await until(async () => (await ended(cache.set('key', 'set'))).code === 'none')
    expect(await (await scene.open()).get('key')).toBe('set')
  })

  it('C24 without Redis local hits go on, "unavailable" is not "absent", and every call ends in time', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const timeoutMs = 300
    const cache = await scene.open<string>({ url: proxy.url, timeoutMs })
    await cache.set('local', 'value')
    await scene.settle(cache)
    proxy.stall('both')
    const before = countsOf(cache)
    expect(await look(cache, 'local')).toEqual({ value: 'value', isLocal: true })
    const calls = [
      () => cache.get('missing'),
      () => cache.getMany(['local', 'missing']),
      () => cache.set('key', 'value'),
      () => cache.delete('key'),
      () => cache.invalidate('key'),
      () => cache.clear(),
    ]
    for (const call of calls) {
      const { code, ms } = await ended(call())
      expect(code, String(call)).toBe('UNAVAILABLE')
      expect(ms, String(call)).toBeLessThan(timeoutMs + 500)
    }
    expect(await cache.getOrSet('loaded', () => 'by the loader')).toBe('by the loader')
    expect(await look(cache, 'loaded')).toEqual({ value: 'by the loader', isLocal: true })
    expect(countsOf(cache).remoteErrors).toBeGreaterThan(before.remoteErrors)
    expect(countsOf(cache).remoteMisses).toBe(before.remoteMisses)
  })

  it('C28 a value that cannot be encoded, or a write that fails, leaves the local level as it was', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const cache = await patiently(() => scene.open<unknown>({ url: proxy.url, timeoutMs: 300 }))
    await patiently(() => cache.set('key', 'old'))
    await scene.settle(cache)
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    for (const value of [() => undefined, Symbol('s'), cycle, { deep: [() => undefined] }, new WeakMap()]) {
      expect(await ended(cache.set('key', value))).toMatchObject({ code: 'UNSUPPORTED_VALUE' })
      expect(await look(cache, 'key')).toEqual({ value: 'old', isLocal: true })
    }
    const many: [string, unknown][] = [
      ['other', 1],
      ['key', cycle],
    ]
    expect(await ended(cache.setMany(many))).toMatchObject({ code: 'UNSUPPORTED_VALUE' })
    expect(await patiently(() => cache.get('other'))).toBe(undefined)
    await proxy.refuse()
    for (const call of [() => cache.set('key', 'new'), () => cache.delete('key')]) {
      expect(await ended(call())).toMatchObject({ code: 'UNAVAILABLE' })
      expect(await look(cache, 'key')).toEqual({ value: 'old', isLocal: true })
    }
    await proxy.accept()
    await until(() => cache.status === 'ready')
    await until(async () => (await ended(cache.get('key'))).code === 'none')
    expect(await cache.get('key')).toBe('old')
  })
})

it('C12 a change that could not be published does not fail, and is told to onError (go)', async () => {
  await using scene = await Scene.on(server, 'go')
  const { cache, errors } = await openMute(scene)
  await scene.raw.aclSetUser('mute', ['-publish'])
  const calls: [() => Promise<void>, ...left: unknown[]][] = [
    [() => cache.set('key', 'value'), 'value', 'value'],
    [() => cache.delete('gone'), 'value', undefined],
    [() => cache.clear(), undefined, undefined],
  ]
  for (const [call, ...left] of calls) {
    errors.length = 0
    expect(await ended(call()), String(call)).toMatchObject({ code: 'none' })
    expect(errors, String(call)).toMatchObject([{ code: 'IO' }])
    for (const each of [cache, await scene.open()])
      expect([await each.get('key'), await each.get('gone')]).toEqual(left)
  }
})

it('C12 of a change that could not be published, the others find out all the same (native)', async () => {
  await using scene = await Scene.on(server)
  const { cache } = await openMute(scene)
  const other = await scene.open<string>()
  await other.set('key', 'old')
  await scene.settle(other)
  await other.get('gone')
  expect(await look(other, 'gone')).toEqual({ value: 'value', isLocal: true })
  await scene.raw.aclSetUser('mute', ['-publish'])
  for (const call of [() => cache.set('key', 'new'), () => cache.delete('gone')]) {
    // Its caller is told one way or the other; nobody may go on with another value than Redis has.
    await ended(call())
    await until(async () => (await differing(scene, ['key', 'gone'], other)).length === 0)
  }
})

// A cache whose right to publish can be taken.
async function openMute(scene: Scene) {
  await scene.raw.aclSetUser('mute', ['on', '>secret', '~*', '&*', '+@all'])
  const errors: Error[] = []
  const cache = await scene.open<string>({
    url: server.url.replace('//', '//mute:secret@'),
    onError: error => void errors.push(error),
    heartbeatMs: 60_000,
  })
  await cache.set('gone', 'value')
  return { cache, errors }
}

it('C11 a port that nobody listens on is found out in time', async () => {
  await using scene = await Scene.on(server)
  const redis = scene.idleClient(`redis://127.0.0.1:${await freePort()}`)
  expect(await ended(scene.open({ redis, timeoutMs: 200 }))).toMatchObject({ code: 'UNAVAILABLE' })
})
