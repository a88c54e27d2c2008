import { describe, expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import { MemoryRemote } from '../../src/synced/memory-remote.ts'
import { SyncedCache } from '../../src/synced/synced-cache.ts'
import type { SyncedOptions } from '../../src/synced/synced-options.ts'
import { fleet, Gate, settle } from './fleet.ts'

const code = (error: unknown): unknown => (isCacheError(error) ? error.code : error)

describe('the end', () => {
  it('C10: close waits for writes, ends twice, and later calls are CLOSED', async () => {
    const gate = new Gate()
    let isHeld = false
    const { memory, open } = fleet({
      carry: (deliver, cargo) => (isHeld && cargo === 'reply' ? gate.pass(deliver) : deliver()),
    })
    const cache = await open()
    await cache.set('here', 1)
    isHeld = true
    const write = cache.set('k', 1)
    const read = cache.get('other')
    let isClosed = false
    const closing = cache.close().then(() => (isClosed = true))
    await settle()
    expect([isClosed, cache.status, cache.getLocal('here')]).toEqual([false, 'closed', undefined])
    gate.open()
    await Promise.all([write, read, closing, cache.close()])
    const later = [
      cache.get('here'),
      cache.set('k', 2),
      cache.delete('k'),
      cache.getMany(['k']),
      cache.clear(),
      cache.sweep(),
    ]
    for (const call of later) expect(await call.catch(code)).toBe('CLOSED')
    expect(await cache.getOrSet('k', () => 1).catch(code)).toBe('CLOSED')
    expect(memory.peek('k')).toBeDefined()
    expect(cache.stats().localItems).toBe(0)
  })

  it('await using closes', async () => {
    const { open } = fleet()
    const outer: SyncedCache[] = []
    {
      await using cache = await open()
      outer.push(cache)
    }
    expect(outer[0]!.status).toBe('closed')
  })
})

describe('input', () => {
  it('a reader changes nothing', async () => {
    const { memory, open } = fleet()
    const [a, reader] = [await open(), await open({ reader: true })]
    await a.set('k', 1)
    const changes = [
      ...[reader.set('k', 2), reader.setMany([['k', 2]]), reader.delete('k'), reader.invalidate('k'), reader.clear()],
      ...[reader.deleteByTag('t'), reader.sweep()],
    ]
    for (const change of changes) expect(await change.catch(code)).toBe('READ_ONLY')
    expect(await reader.get('k')).toBe(1)
    expect(await reader.getOrSet('other', () => 'own')).toBe('own')
    expect([reader.getLocal('other'), await a.get('other')]).toEqual(['own', undefined])
    await a.set('other', 'theirs')
    expect(await reader.get('other')).toBe('theirs')
    expect(memory.calls).toEqual({ open: 2, write: 2, read: 2 })
  })

  it('C22: caches have ids of their own', async () => {
    const ids: string[] = []
    const memory = new MemoryRemote()
    for (let i = 0; i < 2; i++) {
      await SyncedCache.open({
        prefix: 'p:',
        remote: (sink, settings) => {
          ids.push(settings.id)
          return memory.connect(sink, settings)
        },
      })
    }
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/)
    expect(ids[1]).not.toBe(ids[0])
  })

  it('C11: refuses options that no cache can have', async () => {
    const { memory } = fleet()
    const remote = memory.connect
    const wrong: readonly [SyncedOptions, new () => Error][] = [
      [{ prefix: 'p' }, TypeError],
      [{ remote, redis: {} as never, prefix: 'p' }, TypeError],
      [{ remote }, TypeError],
      [{ remote, prefix: 'a{b' }, RangeError],
      [{ remote, prefix: 'x'.repeat(201) }, RangeError],
      [{ remote, prefix: 'p', ttlMs: 0 }, RangeError],
      [{ remote, prefix: 'p', ttlMs: '1' as never }, TypeError],
      [{ remote, prefix: 'p', localTtlMs: 0 }, RangeError],
      [{ remote, prefix: 'p', timeoutMs: 2 ** 31 }, RangeError],
      [{ remote, prefix: 'p', codec: 'xml' as never }, TypeError],
      [{ remote, prefix: 'p', values: 'shared' as never }, TypeError],
      [{ remote, prefix: 'p', reader: 1 as never }, TypeError],
      [{ remote, prefix: 'p', channel: 'c' }, TypeError],
      [{ remote, prefix: 'p', compat: 'java' as never }, TypeError],
      [{ remote, prefix: 'p', partitions: 0 }, RangeError],
      [{ remote, prefix: 'p', id: '' }, RangeError],
      [{ remote, prefix: 'p', clock: 5 as never }, TypeError],
      [{ remote, prefix: 'p', logger: {} as never }, TypeError],
      [{ remote, prefix: 'p', local: { maxBytes: -1 } }, RangeError],
      [{ remote, prefix: 'p', ...{ ttl: 5 } }, TypeError],
    ]
    for (const [options, kind] of wrong)
      await expect(SyncedCache.open(options), JSON.stringify(options)).rejects.toThrow(kind)
  })

  it('refuses keys, tags and options that no call takes', async () => {
    const { open } = fleet()
    const cache = await open()
    for (const key of ['', 'x'.repeat(1025), '\ud800']) {
      const calls = [
        cache.get(key),
        cache.set(key, 1),
        cache.delete(key),
        cache.getMany([key]),
        cache.getOrSet(key, () => 1),
      ]
      for (const call of calls) expect(await call.catch(code)).toBe('INVALID_KEY')
      expect(await cache.deleteByTag(key).catch(code)).toBe('INVALID_KEY')
      expect(await cache.set('k', 1, { tags: [key] }).catch(code)).toBe('INVALID_KEY')
    }
    await expect(cache.get(5 as never)).rejects.toThrow(TypeError)
    await expect(cache.get('k', { ttlMs: 5 } as never)).rejects.toThrow(/Unknown option ttlMs/)
    await expect(cache.set('k', 1, { ttlMs: 0 })).rejects.toThrow(RangeError)
    await expect(cache.set('k', 1, { tags: Array.from({ length: 256 }, (_, i) => `${i}`) })).rejects.toThrow(RangeError)
    await expect(cache.set('k', 1, { broadcast: 'all' as never })).rejects.toThrow(TypeError)
    await expect(cache.getOrSet('k', 1 as never)).rejects.toThrow(TypeError)
    await expect(cache.getOrSet('k', () => 1, { loadTimeoutMs: 40_000 })).rejects.toThrow(RangeError)
    await expect(cache.getOrSet('k', () => 1, { lease: 1 as never })).rejects.toThrow(TypeError)
  })
})
