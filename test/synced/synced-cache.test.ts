import { describe, expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import { MemoryRemote } from '../../src/synced/memory-remote.ts'
import { SyncedCache } from '../../src/synced/synced-cache.ts'
import type { SetLocalEvent } from '../../src/synced/synced-listeners.ts'
import type { SyncedOptions } from '../../src/synced/synced-options.ts'
import { fleet, Gate, settle } from './fleet.ts'

/** A value of which parts cannot be frozen. */
interface Whole {
  readonly list: [number, { deep: string }]
  readonly at: Date
  readonly bytes: Uint8Array
  readonly map: Map<string, unknown>
  readonly big: bigint
}

interface Plain {
  readonly list: [number, { deep: string }]
  readonly none: undefined
}

const code = (error: unknown): unknown => (isCacheError(error) ? error.code : error)

describe('values between processes', () => {
  it('C1: what one sets the other has, without asking', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.set('k', { v: 1 })
    expect(await b.get('k')).toEqual({ v: 1 })
    expect(memory.calls['read']).toBeUndefined()
    expect(b.stats()).toMatchObject({ localHits: 1, remoteHits: 0, eventsApplied: 1 })
  })

  it('C2: a set by key drops the copy of the other, which reads once', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.set('k', 1)
    await a.set('k', 2, { broadcast: 'key' })
    expect([await b.get('k'), await b.get('k')]).toEqual([2, 2])
    expect(await a.get('k')).toBe(2)
    expect(memory.calls['read']).toBe(1)
    expect(b.stats()).toMatchObject({ localHits: 1, localMisses: 1, remoteHits: 1, invalidations: 1 })
  })

  it('values over inlineBytes go as keys', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open({ inlineBytes: 10 }), await open()]
    await a.set('k', 'x'.repeat(9))
    expect(b.getLocal('k')).toBeUndefined()
    expect(await b.get('k')).toBe('x'.repeat(9))
    await a.set('k', 'x'.repeat(8))
    expect(b.getLocal('k')).toBe('x'.repeat(8))
    expect(memory.calls['read']).toBe(1)
  })

  it('C3: delete takes it everywhere, and an absent key is no error', async () => {
    const { open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.delete('k')
    await a.set('k', 1)
    await b.delete('k')
    expect([a.getLocal('k'), b.getLocal('k'), await a.get('k'), await b.get('k')]).toEqual(Array(4).fill(undefined))
  })

  it('invalidate drops copies, and the value stays', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.set('k', 1)
    await b.invalidate('k')
    expect([a.getLocal('k'), b.getLocal('k')]).toEqual([undefined, undefined])
    expect([await a.get('k'), await b.get('k'), memory.calls['read']]).toEqual([1, 1, 2])
  })

  it('C4: clear takes all of all', async () => {
    const { open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.setMany([
      ['x', 1],
      ['y', 2],
    ])
    await b.clear()
    expect([...(await a.getMany(['x', 'y'])), ...(await b.getMany(['x', 'y']))]).toEqual([])
    expect(a.stats().clears).toMatchObject({ open: 1, clear: 1 })
    await a.set('x', 3)
    expect(await b.get('x')).toBe(3)
  })

  it('deleteByTag takes what has the tag, sweep what is dead', async () => {
    const { open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.set('x', 1, { tags: ['t', 't', 'u'] })
    await a.set('y', 2, { tags: ['u'] })
    await b.deleteByTag('t')
    expect(await a.getMany(['x', 'y'])).toEqual(new Map([['y', 2]]))
    expect(await b.get('x')).toBeUndefined()
    expect(await b.sweep()).toEqual({ removed: 1 })
    expect(await b.sweep()).toEqual({ removed: 0 })
    await a.set('x', 3, { tags: ['t'] })
    expect(await b.get('x')).toBe(3)
  })

  it('C8: many gets of a missing key are one read; gets of other keys are their own', async () => {
    const { memory, open } = fleet()
    const cache = await open()
    await Promise.all(Array.from({ length: 100 }, () => cache.get('k')))
    expect(memory.calls['read']).toBe(1)
    await Promise.all([cache.get('a'), cache.get('b')])
    expect(memory.calls['read']).toBe(3)
    // C9: an absent key is remembered by nobody.
    expect(cache.stats()).toMatchObject({ localMisses: 102, remoteMisses: 3, localItems: 0 })
  })

  it('a get that comes after a change is not answered by a read from before', async () => {
    const gate = new Gate()
    let isHeld = false
    const { open } = fleet({
      carry: (deliver, cargo) => (isHeld && cargo === 'reply' ? gate.pass(deliver) : deliver()),
    })
    const [a, b] = [await open(), await open()]
    isHeld = true
    const early = b.get('k')
    await settle()
    isHeld = false
    await a.set('k', 'new', { broadcast: 'key' })
    expect(await b.get('k')).toBe('new')
    gate.open()
    expect(await early).toBeUndefined()
    expect(await b.get('k')).toBe('new')
  })

  it('C26: null, 0, empty text and false are values', async () => {
    const { open } = fleet()
    const [a, b] = [await open(), await open({ inlineBytes: 0 })]
    const values = { null: null, zero: 0, empty: '', no: false, negative: -0, nan: Number.NaN }
    await b.setMany(Object.entries(values))
    for (const [key, value] of Object.entries(values)) {
      expect([await a.get(key), a.getLocal(key), await b.getOrSet(key, () => 'loaded')]).toEqual([value, value, value])
    }
    expect(await a.getMany(Object.keys(values))).toEqual(new Map(Object.entries(values)))
    expect(a.stats()).toMatchObject({ remoteHits: 6, localHits: 12 })
  })

  it.each(['frozen', 'copied'] as const)(
    'C27: %s values are equal for writer and readers, and nobody changes them',
    async values => {
      const { open } = fleet()
      const whole: Whole = {
        list: [1, { deep: 'x' }],
        at: new Date(5),
        bytes: new Uint8Array([1]),
        map: new Map([['a', [1]]]),
        big: 2n ** 70n,
      }
      const plain: Plain = { list: [1, { deep: 'x' }], none: undefined }
      const [wholeBefore, plainBefore] = [structuredClone(whole), structuredClone(plain)]
      const [a, b] = [await open<Whole | Plain>({ values }), await open<Whole | Plain>({ values })]
      await a.set('whole', whole)
      await a.set('plain', plain)
      plain.list[1].deep = 'changed by its owner'
      expect(Object.isFrozen(whole.list)).toBe(false)
      for (const cache of [a, b, await open<Whole | Plain>({ values })]) {
        for (let i = 0; i < 3; i++) {
          const found = (await cache.get('whole')) as Whole
          const simple = (await cache.get('plain')) as Plain
          expect([found, simple]).toEqual([wholeBefore, plainBefore])
          found.map.set('b', 2)
          found.bytes[0] = 9
          found.list[1].deep = 'y'
          const change = (): void => {
            simple.list[1].deep = 'y'
          }
          if (values === 'frozen') {
            expect(change).toThrow(TypeError)
            expect(await cache.get('plain')).toBe(simple)
          } else change()
        }
      }
    },
  )

  it('what is very deep is frozen too', async () => {
    const { open } = fleet()
    const cache = await open({ codec: 'json' })
    let value: unknown = 1
    for (let i = 0; i < 250; i++) value = [value]
    await cache.set('k', value)
    let found = await cache.get('k')
    for (let i = 0; i < 250; i++) {
      expect(Object.isFrozen(found)).toBe(true)
      found = (found as unknown[])[0]
    }
  })

  it('C25: a value is there for its time, and no longer', async () => {
    const { open, time } = fleet()
    const [a, b] = [await open({ ttlMs: 1_000, localTtlMs: 100_000 }), await open({ localTtlMs: 10 })]
    await a.set('k', 1)
    await a.set('long', 2, { ttlMs: 5_000, staleMs: 1_000 })
    await a.set('ever', 3, { ttlMs: Number.POSITIVE_INFINITY })
    time.nowMs += 999
    expect([await a.get('k'), await b.get('k')]).toEqual([1, 1])
    time.nowMs += 1
    expect([await a.get('k'), await b.get('k')]).toEqual([undefined, undefined])
    time.nowMs += 4_500
    // Stale: only getOrSet answers it.
    expect([await a.get('long'), await b.get('long'), a.getLocal('long')]).toEqual([undefined, undefined, undefined])
    expect([await a.get('ever'), await b.get('ever')]).toEqual([3, 3])
  })

  it('getMany answers in the order asked, from here and by one read', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.setMany([['x', 1]])
    await a.set('y', 2, { broadcast: 'key' })
    const found = await b.getMany(['none', 'y', 'x', 'y'])
    expect([...found]).toEqual([
      ['y', 2],
      ['x', 1],
    ])
    expect(memory.calls['read']).toBe(1)
    expect(b.stats()).toMatchObject({ localHits: 1, localMisses: 2, remoteHits: 1, remoteMisses: 1 })
    expect(await b.getMany([])).toEqual(new Map())
  })

  it('C13, C29: onSetLocal decides what is kept of what others set', async () => {
    const events: SetLocalEvent[] = []
    const problems: Error[] = []
    const { open } = fleet()
    const a = await open({ id: 'a' })
    const onSetLocal = (event: SetLocalEvent): unknown => {
      events.push(event)
      if (event.value === 'skip') return undefined
      if (event.value === 'throw') throw new Error('no')
      return { kept: event.value }
    }
    const b = await open({ onSetLocal, onError: error => problems.push(error) })
    await a.set('k', 1)
    expect(await b.get('k')).toEqual({ kept: 1 })
    await a.set('k', 'skip')
    expect(await b.get('k')).toEqual({ kept: 1 })
    await a.set('k', 'throw')
    expect(await b.get('k')).toBe('throw')
    await b.set('k', 'own')
    expect(await b.get('k')).toBe('own')
    expect(events).toMatchObject([{ key: 'k', sender: 'a', action: 'set' }, {}, {}])
    expect(new TextDecoder().decode(events[0]!.bytes)).toBe('1')
    expect(problems.map(({ message }) => message)).toEqual(['no'])
  })
})

describe('failures', () => {
  it('C24: local hits go on without Redis, and unavailable is not absent', async () => {
    const { memory, open } = fleet()
    const cache = await open()
    await cache.set('k', 1)
    memory.isDown = true
    expect(cache.status).toBe('down')
    expect(await cache.get('k')).toBe(1)
    expect(await cache.get('other').catch(code)).toBe('UNAVAILABLE')
    expect(await cache.getMany(['k', 'other']).catch(code)).toBe('UNAVAILABLE')
    for (const change of [
      cache.set('k', 2),
      cache.delete('k'),
      cache.invalidate('k'),
      cache.clear(),
      cache.deleteByTag('t'),
    ]) {
      expect(await change.catch(code)).toBe('UNAVAILABLE')
    }
    // C28
    expect(await cache.get('k')).toBe(1)
    expect(cache.stats()).toMatchObject({ remoteErrors: 7, remoteMisses: 0, remoteWrites: 1 })
    memory.isDown = false
    expect(cache.status).toBe('ready')
    expect(cache.stats().clears.reconnect).toBe(1)
    expect([await cache.get('other'), await cache.get('k')]).toEqual([undefined, 1])
  })

  it('C17: a lost event is found out, by the next one or by the tick', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open(), await open({ id: 'b' })]
    await a.set('k', 1)
    memory.lose('b')
    await a.set('k', 2)
    expect(await b.get('k')).toBe(1)
    await a.set('next', 1)
    expect(await b.get('k')).toBe(2)
    memory.lose('b')
    await a.set('k', 3)
    memory.tick()
    expect(await b.get('k')).toBe(3)
    expect(b.stats()).toMatchObject({ gaps: 2, clears: { gap: 2 } })
  })

  it('a server that lost everything is found out', async () => {
    const { memory, open } = fleet()
    const cache = await open()
    await cache.set('k', 1)
    memory.flush()
    expect(await cache.get('k')).toBeUndefined()
    expect(cache.stats().clears.epoch).toBe(1)
  })

  it('what the level throws is UNAVAILABLE with its cause', async () => {
    const { memory } = fleet()
    const cause = new Error('OOM command not allowed')
    const cache = await SyncedCache.open({
      prefix: 'p:',
      remote: (sink, settings) => {
        const level = memory.connect(sink, settings)
        level.read = () => Promise.reject(cause)
        return level
      },
    })
    const error = await cache.get('k').catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', cause })
  })

  it('C28: a value that cannot be encoded changes nothing', async () => {
    const { memory, open } = fleet()
    const cache = await open<unknown>()
    await cache.set('k', 1)
    expect(await cache.set('k', () => 1).catch(code)).toBe('UNSUPPORTED_VALUE')
    expect(
      await cache
        .setMany([
          ['a', 1],
          ['k', Symbol()],
        ])
        .catch(code),
    ).toBe('UNSUPPORTED_VALUE')
    await expect(cache.set('k', undefined)).rejects.toThrow(TypeError)
    await expect(cache.setMany([['k', undefined]])).rejects.toThrow(TypeError)
    expect([await cache.get('k'), await cache.get('a'), memory.calls['write']]).toEqual([1, undefined, 1])
  })

  it('a damaged value is a miss that is told, and is mended by the next set', async () => {
    const problems: unknown[] = []
    const { memory, open } = fleet()
    const cache = await open({ onError: error => problems.push(code(error)) })
    await cache.set('k', 1)
    await cache.invalidate('k')
    const damaged = { ...memory.peek('k')!, body: new Uint8Array([123]) }
    memory.plant('k', damaged)
    expect([await cache.get('k'), cache.stats().localItems]).toEqual([undefined, 0])
    expect(problems).toEqual(['CORRUPT'])
    expect(cache.stats().corrupt).toBe(1)
    expect(await cache.getOrSet('k', () => 'mended')).toBe('mended')
    expect(await (await open()).get('k')).toBe('mended')
  })

  it('a listener that throws breaks nothing', async () => {
    const { memory, open } = fleet()
    const throws = (): never => {
      throw new Error('listener')
    }
    const cache = await open({ onError: throws, logger: { info: () => undefined, warn: throws } })
    await cache.set('k', 1)
    await cache.invalidate('k')
    memory.plant('k', { ...memory.peek('k')!, body: new Uint8Array([123]) })
    expect(await cache.get('k')).toBeUndefined()
  })

  it('C11: without Redis there is no opening, but with degraded', async () => {
    const { memory, open } = fleet()
    memory.isDown = true
    expect(await open().catch(code)).toBe('UNAVAILABLE')
    const lines: string[] = []
    const logger = { info: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) }
    const cache = await open({ degraded: true, logger })
    expect(cache.status).toBe('down')
    expect(await cache.get('k').catch(code)).toBe('UNAVAILABLE')
    memory.isDown = false
    await cache.set('k', 1)
    expect([await cache.get('k'), cache.status]).toEqual([1, 'ready'])
    expect(lines).toEqual(['Cannot reach the server: found it down', 'Local copies dropped: reconnect'])
  })

  it('an aborted call ends at once; the write behind it is kept track of', async () => {
    const gate = new Gate()
    let isHeld = false
    const { open } = fleet({
      carry: (deliver, cargo) => (isHeld && cargo === 'reply' ? gate.pass(deliver) : deliver()),
    })
    const cache = await open()
    isHeld = true
    const controller = new AbortController()
    const { signal } = controller
    const calls = [cache.set('k', 1, { signal }), cache.get('a', { signal }), cache.delete('b', { signal })]
    const ended = Promise.all(calls.map(call => call.catch(code)))
    controller.abort()
    expect(await ended).toEqual(['ABORTED', 'ABORTED', 'ABORTED'])
    expect(await cache.get('k', { signal }).catch(code)).toBe('ABORTED')
    gate.open()
    await settle()
    expect(await cache.get('k')).toBe(1)
  })
})

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
      [{ remote, redis: {}, prefix: 'p' }, TypeError],
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
