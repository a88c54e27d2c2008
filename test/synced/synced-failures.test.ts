import { describe, expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import { SyncedCache } from '../../src/synced/synced-cache.ts'
import { fleet, Gate, settle } from './fleet.ts'

const code = (error: unknown): unknown => (isCacheError(error) ? error.code : error)

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

  it.each([
    ['Connection reset', 'UNAVAILABLE'],
    ['OOM command not allowed', 'STORE_FULL'],
  ])('what the level throws is a CacheError with its cause: %s', async (message, code) => {
    const { memory } = fleet()
    const cause = new Error(message)
    const cache = await SyncedCache.open({
      prefix: 'p:',
      remote: (sink, settings) => {
        const level = memory.connect(sink, settings)
        level.read = () => Promise.reject(cause)
        return level
      },
    })
    const error = await cache.get('k').catch((error: unknown) => error)
    expect(error).toMatchObject({ code, cause })
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
