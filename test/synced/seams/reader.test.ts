import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { differing } from '../proof/differing.ts'
import { look, patienceMs, prefix, Scene } from '../proof/scene.ts'
import { expectSilence, urlOfViewer } from './silent-reader.ts'

/** What a cache with `reader` takes of a user: nothing that writes, nothing that is published. */
const rights = ['-@all', '+@read', '+@connection', '+subscribe', '+eval', '+evalsha', '+time']
const meta = `${prefix}{${prefix}0}m`
const patient = { timeoutMs: patienceMs }

describeRedis('a native reader', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it('with a user that may only read: opens where nobody ever was, leaves nothing there, and sees who comes', async () => {
    await using scene = await Scene.on(server)
    const errors: Error[] = []
    const onError = (error: Error): unknown => errors.push(error)
    const url = await urlOfViewer(scene, server, rights)
    const reader = await scene.open<string>({ url, reader: true, heartbeatMs: 20, onError })
    expect(reader.status).toBe('ready')
    expect(await reader.get('key')).toBeUndefined()
    for (const lease of [false, true]) {
      let loads = 0
      const load = (): string => `loaded ${++loads}`
      for (let i = 0; i < 3; i++) expect(await reader.getOrSet(`own ${lease}`, load, { lease })).toBe('loaded 1')
    }
    expect(await scene.raw.dbSize()).toBe(0)
    const writer = await scene.open<string>()
    // The epoch that it begins ends what was loaded before.
    await until(() => reader.getLocal('own true') === undefined)
    expect(reader.stats().clears.epoch).toBeGreaterThan(0)
    await writer.set('key', 'value')
    await until(async () => reader.status === 'ready' && (await reader.get('key')) === 'value')
    await writer.set('key', 'next')
    await until(() => reader.getLocal('key') === 'next')
    await writer.clear()
    await until(() => reader.getLocal('key') === undefined)
    expect(await reader.get('key')).toBeUndefined()
    expect(errors).toEqual([])
  })

  it('sends no command that writes or publishes, within scripts neither, whatever it is asked', async () => {
    await using scene = await Scene.on(server)
    await expectSilence(scene, {
      server,
      open: async () => await scene.open<string>({ reader: true, heartbeatMs: 10, id: 'the reader' }),
      tags: ['tag'],
      beat: /"evalsha"/i,
      sent: ['subscribe', 'evalsha', 'hmget', 'time'],
    })
  })

  it('finds a subscription that died unheard, though nobody ticks', async () => {
    await using scene = await Scene.on(server)
    const proxy = await scene.proxy()
    const writer = await scene.open<string>({ heartbeatMs: 60_000 })
    const reader = await scene.open<string>({ url: proxy.url, reader: true, heartbeatMs: 50 })
    await writer.set('key', 'old')
    await until(() => reader.getLocal('key') === 'old')
    const last = proxy.accepted
    proxy.stall('toClient', ({ isSubscriber, id }) => isSubscriber && id <= last)
    await writer.set('key', 'new')
    await until(() => reader.getLocal('key') !== 'old')
    await until(async () => (await reader.get('key')) === 'new')
    await writer.set('key', 'newest')
    await until(() => reader.getLocal('key') === 'newest', { timeoutMs: patienceMs })
  })

  it.each([
    ['flushed', async (scene: Scene) => void (await scene.raw.flushAll())],
    [
      'set back to an older state',
      async (scene: Scene) => void (await scene.raw.hSet(meta, { s: '1', n: 'older...' })),
    ],
    ['of another nonce', async (scene: Scene) => void (await scene.raw.hSet(meta, { n: 'another.' }))],
  ])('drops its copies when Redis was %s, though nobody tells', async (_, change) => {
    await using scene = await Scene.on(server)
    const writer = await scene.open<string>({ heartbeatMs: 60_000 })
    const reader = await scene.open<string>({ reader: true, heartbeatMs: 20 })
    for (let i = 0; i < 3; i++) await writer.set(`key ${i}`, 'value')
    await until(() => reader.getLocal('key 2') === 'value')
    await writer.close()
    await change(scene)
    await until(() => reader.stats().clears.epoch > 0)
    expect(reader.getLocal('key 2')).toBeUndefined()
    await until(() => reader.status === 'ready')
  })

  it('gets in step in the middle of many writes, and stays so', async () => {
    await using scene = await Scene.on(server)
    const writers = [await scene.open<string>(patient), await scene.open<string>(patient)]
    const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`)
    let isOver = false
    const write = async (cache: (typeof writers)[number], name: string): Promise<void> => {
      for (let round = 0; !isOver; round++) await Promise.all(keys.map(key => cache.set(key, `${name} ${round}`)))
    }
    const work = writers.map((cache, i) => write(cache, `writer ${i}`))
    try {
      const readers = []
      for (let i = 0; i < 3; i++) readers.push(await scene.open<string>({ ...patient, reader: true }))
      for (const reader of readers) {
        expect(await reader.get('key 0')).toMatch(/^writer/)
        const { eventsApplied } = reader.stats()
        await until(() => reader.status === 'ready' && reader.stats().eventsApplied > eventsApplied + 200, patient)
        expect(reader.stats().clears.open).toBe(1)
      }
      isOver = true
      await Promise.all(work)
      await scene.settle(...readers)
      expect(await differing(scene, keys, ...readers)).toEqual([])
      for (const reader of readers) expect((await look(reader, 'key 0')).isLocal).toBe(true)
    } finally {
      isOver = true
      await Promise.allSettled(work)
    }
  })

  it('refuses another number of partitions, at open and later', async () => {
    await using scene = await Scene.on(server)
    const early = await scene.open<string>({ reader: true, partitions: 2, heartbeatMs: 20 })
    expect(early.status).toBe('ready')
    const problems: string[] = []
    const late = await scene.open({ reader: true, heartbeatMs: 20, partitions: 3, onError: e => problems.push(e.name) })
    await (await scene.open<string>({ partitions: 2 })).set('key', 'value')
    await until(() => late.status !== 'ready' && problems.includes('RangeError'))
    await until(async () => early.status === 'ready' && (await early.get('key')) === 'value')
    await expect(scene.open({ reader: true, partitions: 4 })).rejects.toThrow(RangeError)
  })
})
