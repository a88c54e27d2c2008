import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SyncedCache } from '../../../../src/synced/index.ts'
import { type RedisServer, startRedis } from '../../../helpers/redis-server.ts'
import { ended, look, modes, prefix, Scene } from '../scene.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

describe.each(modes)('what is kept apart (%s)', mode => {
  it('C20 clear leaves foreign keys, and nobody flushes a database or lists keys by KEYS', async () => {
    await using scene = await Scene.on(server, mode)
    const foreign = ['foreign', `x${prefix}key`, `${prefix.slice(0, -1)}-not:key`]
    for (const key of foreign) await scene.raw.set(key, 'foreign')
    await scene.raw.hSet('foreign hash', 'field', 'foreign')
    const before = await scene.calls()
    const cache = await scene.open()
    const other = await scene.open({ prefix: 'other:' })
    await other.set('key', 'of the other')
    await cache.setMany(Array.from({ length: 500 }, (_, i) => [`key ${i}`, i] as const))
    await cache.clear()
    await cache.sweep()
    expect(await (await scene.open()).get('key 7')).toBe(undefined)
    expect(await (await scene.open({ prefix: 'other:' })).get('key')).toBe('of the other')
    for (const key of foreign) expect(await scene.raw.get(key)).toBe('foreign')
    expect(await scene.raw.hGet('foreign hash', 'field')).toBe('foreign')
    const after = await scene.calls()
    for (const name of ['flushdb', 'flushall', 'keys']) expect(after(name), name).toBe(before(name))
  })

  it('C21 caches of other prefixes never affect each other', async () => {
    await using scene = await Scene.on(server, mode)
    // Go's format has a channel in common, and the keys are what prefix and key are together.
    const [one, two] = mode === 'go' ? ['a:', 'b:'] : ['a:', 'a:b:']
    await apart(scene, await scene.open<string>({ prefix: one }), await scene.open<string>({ prefix: two }))
  })

  it('C22 two caches with default options have different ids', async () => {
    await using scene = await Scene.on(server, mode)
    const senders: string[] = []
    const listener = await scene.open({
      onSetLocal: ({ key, sender, value }) => {
        if (key === 'key') senders.push(sender)
        return value
      },
    })
    for (const writer of [await scene.open(), await scene.open()]) {
      await writer.set('key', 1)
      await scene.settle(listener)
    }
    expect(senders.length).toBe(2)
    expect(new Set(senders).size).toBe(2)
    expect(senders).not.toContain('')
  })

  it('C23 a reader writes nothing, removes nothing and tells nobody anything', async () => {
    await using scene = await Scene.on(server, mode)
    const [writer, reader] = [await scene.open<string>(), await scene.open<string>({ reader: true })]
    await writer.set('key', 'value')
    await scene.settle(reader)
    const heard = await scene.tap()
    const held = async () => {
      const keys = (await scene.raw.keys('*')).filter(key => key.includes('key'))
      return await Promise.all(keys.sort().map(async key => [key, await scene.raw.dump(key)] as const))
    }
    const before = await held()
    expect(before.length).toBeGreaterThan(0)
    const calls = [
      () => reader.set('key', 'of the reader'),
      () => reader.setMany([['key', 'of the reader']]),
      () => reader.delete('key'),
      () => reader.invalidate('key'),
      () => reader.deleteByTag('tag'),
      () => reader.clear(),
    ]
    for (const call of calls) expect(await ended(call()), String(call)).toMatchObject({ code: 'READ_ONLY' })
    expect(await reader.getOrSet('key that is new', () => 'loaded')).toBe('loaded')
    expect(await look(reader, 'key')).toEqual({ value: 'value', isLocal: true })
    expect(await held()).toEqual(before)
    await scene.settle(reader)
    expect(heard.filter(({ payload }) => payload.includes('key that is new'))).toEqual([])
    expect(await (await scene.open()).get('key that is new')).toBe(undefined)
    expect(heard.filter(({ payload }) => payload.includes('of the reader'))).toEqual([])
  })
})

it('C21 caches of other databases never affect each other', async () => {
  await using scene = await Scene.on(server)
  await apart(scene, await scene.open<string>({ database: 0 }), await scene.open<string>({ database: 1 }))
})

// Everything that one does is nothing to the other.
async function apart(scene: Scene, a: SyncedCache<string>, b: SyncedCache<string>): Promise<void> {
  for (const key of ['key', 'b:key', 'gone']) {
    await a.set(key, `a's ${key}`)
    await b.set(key, `b's ${key}`)
  }
  await a.delete('gone')
  await a.invalidate('key')
  // Their own fences: what is after them was applied.
  for (const cache of [a, b]) for (let i = 0; i < 3; i++) await cache.set(`mark ${i}`, 'mark')
  await scene.settle()
  expect([await a.get('key'), await a.get('b:key'), await a.get('gone')]).toEqual(["a's key", "a's b:key", undefined])
  expect([await b.get('key'), await b.get('b:key'), await b.get('gone')]).toEqual(["b's key", "b's b:key", "b's gone"])
  await b.clear()
  for (const key of ['key', 'b:key']) expect(await a.get(key)).toBe(`a's ${key}`)
  expect(await b.get('key')).toBe(undefined)
}
