import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../../group/until.ts'
import { type RedisServer, startRedis } from '../../../helpers/redis-server.ts'
import { ended, look, modes, Scene } from '../scene.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

describe.each(modes)('values and their times (%s)', mode => {
  it('C25 no process answers a value that Redis has let expire', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open(), await scene.open()]
    await a.set('short', 'value', { ttlMs: 400 })
    const goneAtMs = Date.now() + 400
    await a.set('long', 'value', { ttlMs: 60_000 })
    await scene.settle(b)
    const c = await scene.open()
    for (const cache of [a, b, c]) expect(await cache.get('short')).toBe('value')
    expect(await look(b, 'short')).toMatchObject({ isLocal: true })
    // Not until a cache says so: it ends what it reads as much earlier as the answer took.
    await until(() => Date.now() > goneAtMs)
    for (const cache of [a, b, c]) expect(await cache.get('short')).toBe(undefined)
    for (const cache of [a, b, c]) expect(await cache.get('long')).toBe('value')
  })

  it('C25 a copy is kept no longer than localTtlMs, and less if Redis keeps the value for less', async () => {
    await using scene = await Scene.on(server, mode)
    let lateMs = 0
    const clock = (): number => Date.now() + lateMs
    const writer = await scene.open()
    await writer.set('key', 'value')
    await writer.set('short', 'value', { ttlMs: 20_000 })
    const cache = await scene.open({ localTtlMs: 30_000, clock })
    for (const key of ['key', 'short']) {
      await cache.get(key)
      expect(await look(cache, key)).toMatchObject({ isLocal: true })
    }
    lateMs = 19_000
    for (const key of ['key', 'short']) expect(await look(cache, key)).toMatchObject({ isLocal: true })
    lateMs = 20_001
    expect(await look(cache, 'key')).toMatchObject({ isLocal: true })
    expect(await look(cache, 'short')).toMatchObject({ isLocal: false })
    lateMs = 30_001
    expect(await look(cache, 'key')).toEqual({ value: 'value', isLocal: false })
  })

  it('C26 null, 0, "" and false are values on every process and in every read; absent is absent in every read', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open<unknown>(), await scene.open<unknown>()]
    const values: readonly unknown[] = [null, 0, '', false, [], {}]
    for (const [i, value] of values.entries()) await a.set(`key ${i}`, value)
    await scene.settle(a, b)
    for (const cache of [a, b, await scene.open<unknown>()]) {
      for (const [i, value] of values.entries()) {
        const key = `key ${i}`
        for (let read = 0; read < 2; read++) expect(await cache.get(key)).toEqual(value)
        expect(await look(cache, key)).toEqual({ value, isLocal: true })
        expect(await cache.getOrSet(key, () => 'loaded')).toEqual(value)
      }
      const many = await cache.getMany([...values.keys(), 'x'].map(i => `key ${i}`))
      expect([...many]).toEqual(values.map((value, i) => [`key ${i}`, value]))
      for (let read = 0; read < 3; read++) expect(await cache.get('absent')).toBe(undefined)
    }
  })

  it('C26 a loader that gives null is asked once, one that gives undefined each time', async () => {
    await using scene = await Scene.on(server, mode)
    const cache = await scene.open<unknown>()
    let loads = 0
    const give = (value: unknown) => () => {
      loads++
      return value
    }
    for (let i = 0; i < 3; i++) expect(await cache.getOrSet('null', give(null))).toBe(null)
    expect(loads).toBe(1)
    for (let i = 0; i < 3; i++) expect(await cache.getOrSet('undefined', give(undefined))).toBe(undefined)
    expect(loads).toBe(4)
  })

  it.each(['frozen', 'copied'] as const)('C27 what a caller does to a value changes no cache (%s)', async values => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open<unknown>({ values }), await scene.open<unknown>({ values })]
    const make = () => ({ name: 'Ada', deep: { list: [1, { two: 2 }], text: 'x' }, none: null, flag: false })
    const mine = make()
    await a.set('key', mine)
    spoil(mine)
    expect(Object.isFrozen(mine)).toBe(false)
    await scene.settle(a, b)
    const c = await scene.open<unknown>({ values })
    for (const cache of [a, b, c]) {
      for (let read = 0; read < 3; read++) {
        const got = await cache.get('key')
        expect(got).toEqual(make())
        spoil(got)
      }
      expect(await cache.get('key')).toEqual(make())
    }
    const loaded = make()
    const got = await a.getOrSet('loaded', () => loaded)
    expect(got).toEqual(make())
    spoil(got)
    spoil(loaded)
    for (const cache of [a, b, c]) expect(await cache.getOrSet('loaded', () => 'again')).toEqual(make())
  })
})

it.each(['frozen', 'copied'] as const)(
  'C27 every type is the same for its writer and for readers (%s)',
  async values => {
    await using scene = await Scene.on(server)
    const [a, b] = [await scene.open<unknown>({ values }), await scene.open<unknown>({ values })]
    const make = (): readonly unknown[] => [
      9_007_199_254_740_993n,
      new Date(86_400_000),
      new Map<unknown, unknown>([['k', { n: 1 }]]),
      new Set([1, 'two']),
      Uint8Array.of(0, 255),
      { when: new Date(0), bytes: Uint8Array.of(1), list: [1.5, -0, 'é'], map: new Map([[1, 2]]) },
    ]
    for (const [i, value] of make().entries()) await a.set(`key ${i}`, value)
    await scene.settle(a, b)
    const c = await scene.open<unknown>({ values })
    for (const [i, value] of make().entries()) {
      for (const cache of [a, b, c]) {
        for (let read = 0; read < 3; read++) {
          const got = await cache.get(`key ${i}`)
          expect(got).toEqual(value)
          spoil(got)
        }
      }
    }
  },
)

it.each(['frozen', 'copied'] as const)(
  'C27 what Go reads is what its writer and other readers have, whatever was set (go, %s)',
  async values => {
    await using scene = await Scene.on(server, 'go')
    const [a, b] = [await scene.open<unknown>({ values }), await scene.open<unknown>({ values })]
    const make = (): readonly [set: unknown, got: unknown][] => [
      [9_007_199_254_740_993n, 9_007_199_254_740_993n],
      [7n, 7],
      [new Date(86_400_000), '1970-01-02T00:00:00Z'],
      [
        new Map<unknown, unknown>([
          [2, { n: 1 }],
          ['k', 0],
        ]),
        { '2': { n: 1 }, k: 0 },
      ],
      [Uint8Array.of(0, 255, 16), 'AP8Q'],
      [
        { none: undefined, when: new Date(0), list: [1.5, 'é\u2028<'] },
        { when: '1970-01-01T00:00:00Z', list: [1.5, 'é\u2028<'] },
      ],
    ]
    for (const [i, [set]] of make().entries()) {
      await a.set(`key ${i}`, set)
      expect(await a.getOrSet(`loaded ${i}`, () => set)).toEqual(make()[i]![1])
    }
    await scene.settle(a, b)
    const c = await scene.open<unknown>({ values })
    for (const [i, [, wanted]] of make().entries()) {
      for (const cache of [a, b, c]) {
        for (const key of [`key ${i}`, `loaded ${i}`, `key ${i}`, `loaded ${i}`]) {
          const got = await cache.get(key)
          expect(got).toEqual(wanted)
          spoil(got)
        }
      }
    }
    for (const bad of [new Set([1]), Number.NaN, '\ud800', new Map([[{}, 1]])]) {
      expect(await ended(a.set('key 0', bad))).toMatchObject({ code: 'UNSUPPORTED_VALUE' })
    }
  },
)

// Changes whatever can be changed.
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const tries = [
    () => Object.assign(value, { name: 'Eve', extra: 1 }),
    () => value instanceof Date && value.setTime(1),
    () => value instanceof Map && value.set('k', 'spoilt').delete(1),
    () => value instanceof Set && value.add('spoilt'),
    () => value instanceof Uint8Array && value.fill(7),
    () => Array.isArray(value) && value.push('spoilt'),
  ]
  for (const part of Object.values(value)) spoil(part)
  for (const attempt of tries) {
    try {
      attempt()
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
  }
}
