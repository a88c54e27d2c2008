import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SyncedCache } from '../../../src/synced/index.ts'
import { until } from '../../group/until.ts'
import { collectGarbage } from '../../helpers/collect-garbage.ts'
import { patiently } from '../../helpers/patiently.ts'
import type { RedisProxy } from '../../helpers/redis-proxy.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { countsOf, ended, look, type Mode, modes, Scene } from './scene.ts'

const timeoutMs = 250
/** What a busy machine may add; it decides nothing but that a call ends at all. */
const slackMs = 1_000
const options = { timeoutMs, heartbeatMs: 200, breaker: { maxFailures: 3, backOffMs: 200, maxBackOffMs: 400 } }

/** How Redis is not there; each gives what ends it. */
const outages: Record<string, (proxy: RedisProxy, scene: Scene) => Promise<() => Promise<unknown> | undefined>> = {
  down: async proxy => {
    await proxy.refuse()
    return () => proxy.accept()
  },
  paused: async (_proxy, scene) => {
    await scene.raw.sendCommand(['CLIENT', 'PAUSE', '3500', 'ALL'])
    // Nothing ends it but its time.
    return () => scene.raw.ping()
  },
  'accepting but mute': async proxy => {
    const resume = proxy.stall('both')
    proxy.cut()
    return async () => resume()
  },
  'deaf in the middle of a connection': async proxy => {
    const resume = proxy.stall('toServer')
    return async () => resume()
  },
  'loading its data': answering('-LOADING Redis is loading the dataset in memory\r\n'),
  'answering garbage': answering('\x00\x01garbage\r\n\xff\xfe{}\r\n'),
  'answering with numbers': answering(':42\r\n'),
  'answering with lists': answering('*3\r\n$1\r\na\r\n*-1\r\n:1\r\n'),
}

function answering(text: string): (proxy: RedisProxy) => Promise<() => Promise<undefined>> {
  return async proxy => {
    proxy.answer = () => Buffer.from(text, 'latin1')
    return async () => {
      proxy.heal()
      // What was answered wrongly is still on its way: nobody goes on with such a connection.
      proxy.cut()
      return undefined
    }
  }
}

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

describe.each(modes)('while Redis is not there (%s)', mode => {
  it.each(Object.keys(outages))(
    '%s: hits go on, every call ends in time and says so, and all is well after',
    async name => {
      await using scene = await Scene.on(server, mode)
      const proxy = await scene.proxy()
      const cache = await patiently(() => scene.open<string>({ ...options, url: proxy.url }))
      await patiently(() => cache.set('local', 'value'))
      await scene.settle(cache)
      const end = await outages[name]!(proxy, scene)
      try {
        expect(await look(cache, 'local')).toEqual({ value: 'value', isLocal: true })
        await expectUnavailable(cache, mode, name)
        expect(await cache.getOrSet('loaded', () => 'by the loader')).toBe('by the loader')
        expect(await look(cache, 'local')).toEqual({ value: 'value', isLocal: true })
      } finally {
        await end()
      }
      await until(() => cache.status === 'ready')
      await until(async () => (await ended(cache.set('after', 'value'))).code === 'none')
      await scene.settle(cache)
      expect([await cache.get('after'), await patiently(() => cache.get('missing'))]).toEqual(['value', undefined])
      expect(await cache.get('local')).toBe('value')
    },
  )

  it('mute: the breaker spares the server, calls in flight have a limit, and memory does not grow', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const maxPending = 100
    const cache = await patiently(() => scene.open<string>({ ...options, url: proxy.url, maxPending }))
    proxy.stall('toClient')
    const before = proxy.commandCount
    const together = await Promise.all(Array.from({ length: 2_000 }, (_, i) => ended(cache.get(`at once ${i}`))))
    expect(new Set(together.map(({ code }) => code))).toEqual(new Set(['UNAVAILABLE']))
    // So many at once may have their deadline before the first of them comes there.
    const sent = mode === 'go' ? 2 * maxPending : maxPending
    await until(() => proxy.commandCount - before >= sent)
    // Ticks come as well.
    expect(proxy.commandCount - before).toBeLessThanOrEqual(sent + 20)

    await until(async () => (await ended(cache.get('opens the breaker'))).ms < timeoutMs / 2)
    const accepted = proxy.accepted
    const asked = proxy.commandCount
    const start = performance.now()
    const heap = await collectGarbage()
    let fast = 0
    for (let i = 0; i < 8_000; i++) {
      const { code, ms } = await ended(cache.get(`key ${i}`))
      expect(code).toBe('UNAVAILABLE')
      if (ms < timeoutMs / 2) fast++
    }
    expect(fast).toBeGreaterThan(7_900)
    const seconds = (performance.now() - start) / 1000
    // Probes after the back-off and what keeps the subscription alive: a few each second, whoever asks how much.
    expect(proxy.commandCount - asked).toBeLessThan(60 + 60 * seconds)
    expect(proxy.accepted - accepted).toBeLessThan(20 + 20 * seconds)
    expect((await collectGarbage()) - heap).toBeLessThan(4_000_000)
  })

  it('down: no queue grows', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const cache = await patiently(() => scene.open<string>({ ...options, url: proxy.url }))
    await proxy.refuse()
    await until(async () => (await ended(cache.get('key'))).code === 'UNAVAILABLE')
    const heap = await collectGarbage()
    const value = 'x'.repeat(2_000)
    for (let i = 0; i < 200; i++) {
      const calls = Array.from({ length: 100 }, (_, j) => ended(cache.set(`key ${i} ${j}`, value)))
      for (const { code } of await Promise.all(calls)) expect(code).toBe('UNAVAILABLE')
    }
    // Twenty thousand sets would be 40 MB.
    expect((await collectGarbage()) - heap).toBeLessThan(4_000_000)
    await proxy.accept()
    await until(() => cache.status === 'ready')
    await until(async () => (await ended(cache.get('key 0 0'))).code === 'none')
    // None of them was kept to be sent later.
    expect(await patiently(() => cache.get('key 0 0'))).toBe(undefined)
    expect(await (await scene.open<string>()).get('key 199 99')).toBe(undefined)
  })

  it('a breaker that would stay open for long closes when the subscription is back', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const breaker = { maxFailures: 3, backOffMs: 60_000, maxBackOffMs: 60_000 }
    const cache = await patiently(() => scene.open<string>({ ...options, breaker, url: proxy.url }))
    await proxy.refuse()
    for (let i = 0; i < 5; i++) expect(await ended(cache.get('key'))).toMatchObject({ code: 'UNAVAILABLE' })
    await proxy.accept()
    await until(() => cache.status === 'ready')
    await until(async () => (await ended(cache.get('key'))).code === 'none')
  })

  it('a signal ends the wait at once, with ABORTED', async () => {
    await using scene = await Scene.on(server, mode)
    const proxy = await scene.proxy()
    const cache = await patiently(() => scene.open<string>({ ...options, timeoutMs: 4_000, url: proxy.url }))
    proxy.stall('toClient')
    const controller = new AbortController()
    const { signal } = controller
    const calls = [
      cache.get('key', { signal }),
      cache.getMany(['key', 'other'], { signal }),
      cache.set('key', 'value', { signal }),
      cache.delete('key', { signal }),
      cache.invalidate('key', { signal }),
      cache.getOrSet('third', () => 'value', { signal }),
    ].map(ended)
    controller.abort(new Error('enough'))
    for (const { code, ms } of await Promise.all(calls)) {
      expect(code).toBe('ABORTED')
      expect(ms).toBeLessThan(2_000)
    }
  })
})

async function expectUnavailable(cache: SyncedCache<string>, mode: Mode, name: string): Promise<void> {
  // A number is an answer that PUBLISH may give.
  const isLie = name.startsWith('answering with')
  const more = [() => cache.setMany([['key', 'value']]), () => cache.invalidate('key'), () => cache.clear()]
  const calls = [
    () => cache.get('missing'),
    () => cache.getMany(['missing', 'local']),
    () => cache.set('key', 'value'),
    () => cache.delete('key'),
    ...(isLie ? [] : more),
    ...(mode === 'go' ? [] : [() => cache.deleteByTag('tag')]),
  ]
  const before = countsOf(cache)
  for (const call of calls) {
    const { code, ms } = await ended(call())
    expect(isLie ? ['UNAVAILABLE', 'CORRUPT', 'IO'] : ['UNAVAILABLE'], `${name}: ${call}`).toContain(code)
    expect(ms, `${name}: ${call}`).toBeLessThan(timeoutMs + slackMs)
  }
  expect(countsOf(cache).remoteErrors).toBeGreaterThan(before.remoteErrors)
}
