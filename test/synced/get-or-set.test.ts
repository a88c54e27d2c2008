import { describe, expect, it } from 'vitest'
import { CacheError, isCacheError } from '../../src/errors.ts'
import { deferred, fleet, Gate, settle } from './fleet.ts'

const code = (error: unknown): unknown => (isCacheError(error) ? error.code : error)

describe('getOrSet', () => {
  it('loads once for all who ask, and sets what it loaded for all', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open<string>(), await open<string>()]
    const load = deferred<string>()
    let loads = 0
    const loader = (): Promise<string> => {
      loads++
      return load.promise
    }
    const calls = Array.from({ length: 50 }, () => a.getOrSet('k', loader))
    await settle()
    load.resolve('loaded')
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['loaded']))
    expect([loads, b.getLocal('k'), await a.getOrSet('k', loader)]).toEqual([1, 'loaded', 'loaded'])
    expect(memory.calls).toEqual({ open: 2, read: 1, fill: 1 })
    expect(a.stats()).toMatchObject({ loads: 1, localMisses: 50, localHits: 1, remoteMisses: 1, remoteWrites: 1 })
  })

  it('does not load what Redis has', async () => {
    const { open } = fleet()
    const [a, b] = [await open({ inlineBytes: 0 }), await open()]
    await a.set('k', 1)
    expect(await b.getOrSet('k', () => 2)).toBe(1)
    expect(b.stats().loads).toBe(0)
  })

  it('C27: gives what everybody gets, not what the loader holds', async () => {
    const { open } = fleet()
    const cache = await open<{ list: number[] }>()
    const own = { list: [1] }
    const found = await cache.getOrSet('k', () => own)
    own.list.push(2)
    expect(found).toEqual({ list: [1] })
    expect(await cache.get('k')).toBe(found)
    expect(Object.isFrozen(own)).toBe(false)
  })

  it('does not keep undefined, keeps null', async () => {
    const { open } = fleet()
    const cache = await open<null>()
    let loads = 0
    const none = (): undefined => {
      loads++
    }
    expect([await cache.getOrSet('k', none), await cache.getOrSet('k', none), loads]).toEqual([undefined, undefined, 2])
    expect([await cache.getOrSet('k', () => null), await cache.getOrSet('k', none), loads]).toEqual([null, null, 2])
  })

  it('a loader that throws, or is too slow, is LOAD_FAILED, and the next call loads again', async () => {
    const { open } = fleet()
    const cache = await open<number>()
    const cause = new Error('database')
    const error = await cache.getOrSet('k', () => Promise.reject(cause)).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'LOAD_FAILED', cause, key: 'k' })
    const slow = await cache
      .getOrSet('k', ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)), {
        loadTimeoutMs: 5,
      })
      .catch((error: unknown) => error)
    expect(slow).toMatchObject({ code: 'LOAD_FAILED', cause: { code: 'TIMEOUT' } })
    expect(await cache.getOrSet('k', () => 1)).toBe(1)
    expect(cache.stats()).toMatchObject({ loads: 3, loadErrors: 2 })
    expect(await cache.getOrSet('f', () => (() => 1) as never).catch(code)).toBe('UNSUPPORTED_VALUE')
  })

  it('a caller who goes leaves the load to the others; the last one ends it', async () => {
    const { open } = fleet()
    const cache = await open<number>()
    const load = deferred<number>()
    const signals: AbortSignal[] = []
    const loader = ({ signal }: { readonly signal: AbortSignal }): Promise<number> => {
      signals.push(signal)
      return load.promise
    }
    const [first, second] = [new AbortController(), new AbortController()]
    const calls = [first, second].map(({ signal }) => cache.getOrSet('k', loader, { signal }).catch(code))
    await settle()
    first.abort()
    expect(await calls[0]).toBe('ABORTED')
    expect(signals[0]!.aborted).toBe(false)
    second.abort()
    expect(await calls[1]).toBe('ABORTED')
    expect(signals[0]!.aborted).toBe(true)
    load.resolve(1)
    expect(await cache.getOrSet('k', () => 2)).toBe(2)
  })
})

describe('a key that moves while it is loaded', () => {
  it('C18: what was loaded before is not written; who asked before gets what is there, or what was loaded', async () => {
    const { open, memory } = fleet()
    const [a, b] = [await open<string>(), await open<string>()]
    const load = deferred<string>()
    const early = a.getOrSet('k', () => load.promise)
    await settle()
    await b.set('k', 'newer', { broadcast: 'key' })
    load.resolve('older')
    expect(await early).toBe('newer')
    const next = deferred<string>()
    const gone = a.getOrSet('gone', () => next.promise)
    await settle()
    await b.delete('gone')
    next.resolve('older')
    expect(await gone).toBe('older')
    expect([a.getLocal('gone'), memory.peek('gone'), await b.get('gone')]).toEqual([undefined, undefined, undefined])
    expect(a.stats().fillsMoved).toBe(2)
  })

  it('deleteByTag and clear refuse what was loaded before, too', async () => {
    const { open, memory } = fleet()
    const [a, b] = [await open<string>(), await open<string>()]
    for (const change of [() => b.deleteByTag('t'), () => b.clear()]) {
      const load = deferred<string>()
      const call = a.getOrSet('k', () => load.promise, { tags: ['t'] })
      await settle()
      await change()
      load.resolve('older')
      expect(await call).toBe('older')
      expect([a.getLocal('k'), memory.peek('k')]).toEqual([undefined, undefined])
    }
  })

  it('who asks after it moved waits for the load before, and gets what was loaded after; two at a time never run', async () => {
    const { open } = fleet()
    const [a, b] = [await open<string>(), await open<string>()]
    const loads: ReturnType<typeof deferred<string>>[] = []
    const loader = (): Promise<string> => {
      loads.push(deferred<string>())
      return loads.at(-1)!.promise
    }
    const early = a.getOrSet('k', loader)
    await settle()
    await b.delete('k')
    const late = [a.getOrSet('k', loader), a.getOrSet('k', loader)]
    await b.delete('k')
    late.push(a.getOrSet('k', loader))
    await settle()
    expect(loads).toHaveLength(1)
    loads[0]!.resolve('before')
    expect(await early).toBe('before')
    await settle()
    expect(loads).toHaveLength(2)
    loads[1]!.resolve('after')
    expect(await Promise.all(late)).toEqual(['after', 'after', 'after'])
    expect(await b.get('k')).toBe('after')
  })
})

describe('stale values', () => {
  it('are answered while one load runs behind', async () => {
    const { open, time } = fleet()
    const [a, b] = [
      await open<number>({ ttlMs: 100, staleMs: 1_000 }),
      await open<number>({ staleMs: 1_000, localTtlMs: 50 }),
    ]
    await a.set('k', 1)
    time.nowMs += 100
    const load = deferred<number>()
    const stales: unknown[] = []
    const loader = ({ stale }: { readonly stale: number | undefined }): Promise<number> => {
      stales.push(stale)
      return load.promise
    }
    // From here, and (its copy is too old) from Redis.
    for (const cache of [a, a, b]) expect(await cache.getOrSet('k', loader)).toBe(1)
    await settle()
    expect([a.stats().loads, b.stats().loads, stales]).toEqual([1, 1, [1, 1]])
    expect([a.stats().staleHits, b.stats().staleHits]).toEqual([2, 1])
    load.resolve(2)
    await settle()
    expect([await a.getOrSet('k', loader), await b.getOrSet('k', loader)]).toEqual([2, 2])
  })

  it('are not answered past staleMs, nor to who does not take them', async () => {
    const { open, time } = fleet()
    const cache = await open<number>({ ttlMs: 100, staleMs: 1_000 })
    await cache.set('k', 1)
    time.nowMs += 150
    expect(await cache.getOrSet('k', () => 2, { staleMs: 50 })).toBe(2)
    await cache.set('k', 3)
    time.nowMs += 1_100
    expect(await cache.getOrSet('k', () => 4)).toBe(4)
  })

  it('a refresh that fails is told, and the old value stays until its end', async () => {
    const problems: unknown[] = []
    const { open, time } = fleet()
    const cache = await open<number>({ ttlMs: 100, staleMs: 1_000, onError: error => problems.push(code(error)) })
    await cache.set('k', 1)
    time.nowMs += 100
    const fails = (): never => {
      throw new Error('database')
    }
    expect(await cache.getOrSet('k', fails)).toBe(1)
    await settle()
    expect(problems).toEqual(['LOAD_FAILED'])
    expect(await cache.getOrSet('k', fails)).toBe(1)
    time.nowMs += 1_000
    expect(await cache.getOrSet('k', fails).catch(code)).toBe('LOAD_FAILED')
  })
})

describe('without Redis', () => {
  it('the loader runs, and its value stays here until Redis is back', async () => {
    const { memory, open, time } = fleet()
    const [a, b] = [await open<string>({ localTtlMs: 1_000 }), await open<string>()]
    memory.isDown = true
    let loads = 0
    const loader = (): string => `loaded ${++loads}`
    expect([await a.getOrSet('k', loader), await a.getOrSet('k', loader)]).toEqual(['loaded 1', 'loaded 1'])
    time.nowMs += 1_000
    expect(await a.getOrSet('k', loader)).toBe('loaded 2')
    memory.isDown = false
    await b.set('k', 'true')
    expect(await a.get('k')).toBe('true')
    await a.close()
  })

  it('it goes even if the process has nothing else to ask Redis, and was always subscribed', async () => {
    const { memory, open } = fleet()
    let isMute = true
    const cache = await open<string>({
      remote: (sink, settings) => {
        const level = memory.connect(sink, settings)
        const read = level.read.bind(level)
        level.read = (keys, options) =>
          isMute ? Promise.reject(new CacheError('UNAVAILABLE', 'Mute')) : read(keys, options)
        return level
      },
    })
    const other = await open<string>()
    await other.set('k', 'true', { broadcast: 'key' })
    expect([await cache.getOrSet('k', () => 'alone'), cache.getLocal('k')]).toEqual(['alone', 'alone'])
    isMute = false
    await expect.poll(() => cache.getLocal('k'), { timeout: 10_000 }).not.toBe('alone')
    expect(await cache.get('k')).toBe('true')
    await cache.close()
  })

  it('a value that cannot be written is answered, kept here and told', async () => {
    const problems: unknown[] = []
    const { memory, open } = fleet()
    const cache = await open<string>({ onError: error => problems.push(code(error)) })
    const call = cache.getOrSet('k', () => {
      memory.isDown = true
      return 'loaded'
    })
    expect(await call).toBe('loaded')
    expect(problems).toEqual(['UNAVAILABLE'])
    expect(await cache.getOrSet('k', () => 'again')).toBe('again')
    expect(cache.getLocal('k')).toBe('again')
    await cache.close()
  })
})

describe('a lease', () => {
  it('lets one process load; the others are told', async () => {
    const { memory, open } = fleet()
    const caches = await Promise.all(Array.from({ length: 5 }, () => open<string>()))
    const load = deferred<string>()
    let loads = 0
    const loader = (): Promise<string> => {
      loads++
      return load.promise
    }
    const calls = caches.map(cache => cache.getOrSet('k', loader, { lease: true }))
    await expect.poll(() => caches.filter(cache => cache.stats().leaseWaits > 0).length, { timeout: 10_000 }).toBe(4)
    load.resolve('loaded')
    expect(await Promise.all(calls)).toEqual(Array(5).fill('loaded'))
    expect([loads, memory.calls['fill']]).toEqual([1, 1])
  })

  it('of a dead process ends, and another one loads', async () => {
    const { memory, open, time } = fleet()
    const [dead, alive] = [await open<string>({ id: 'dead' }), await open<string>()]
    void dead
      .getOrSet('k', () => new Promise(() => undefined), { lease: true, leaseMs: 1_000_000 })
      .catch(() => undefined)
    await settle()
    const call = alive.getOrSet('k', () => 'loaded', { lease: true })
    await expect.poll(() => memory.calls['acquire'] ?? 0, { timeout: 10_000 }).toBeGreaterThan(2)
    time.nowMs += 1_000_000
    expect(await call).toBe('loaded')
    await Promise.all([dead.close(), alive.close()])
  })

  it('is prolonged while the load goes on, and given up when it fails or finds nothing', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open<string>(), await open<string>()]
    const load = deferred<string>()
    const call = a.getOrSet('k', () => load.promise, { lease: true, leaseMs: 15 }).catch(code)
    await expect.poll(() => memory.calls['renew'] ?? 0, { timeout: 10_000 }).toBeGreaterThan(2)
    load.reject(new Error('database'))
    expect(await call).toBe('LOAD_FAILED')
    expect(memory.calls['release']).toBe(1)
    expect(await b.getOrSet('k', () => undefined, { lease: true })).toBeUndefined()
    expect(b.stats().leaseWaits).toBe(0)
    const renewals = memory.calls['renew']
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(memory.calls['renew']).toBe(renewals)
  })

  it('that was lost lets nothing be written', async () => {
    const { open, time, memory } = fleet()
    const [a, b] = [await open<string>(), await open<string>()]
    const load = deferred<string>()
    const late = a.getOrSet('k', () => load.promise, { lease: true, leaseMs: 1_000_000 })
    await settle()
    time.nowMs += 1_000_000
    expect(await b.getOrSet('k', () => 'taken over', { lease: true })).toBe('taken over')
    load.resolve('late')
    expect(await late).toBe('taken over')
    expect(memory.calls['fill']).toBe(2)
  })

  it('is not waited for without Redis', async () => {
    const gate = new Gate()
    let isHeld = false
    const { memory, open } = fleet({
      carry: (deliver, cargo) => (isHeld && cargo === 'request' ? gate.pass(deliver) : deliver()),
    })
    const cache = await open<string>()
    isHeld = true
    const call = cache.getOrSet('k', () => 'loaded', { lease: true })
    await settle()
    gate.open()
    await settle()
    expect(memory.calls).toMatchObject({ read: 1, acquire: 1 })
    memory.isDown = true
    isHeld = false
    gate.open()
    expect(await call).toBe('loaded')
    await cache.close()
  })
})

describe('close', () => {
  it('aborts loads, and who waits for them is told CLOSED', async () => {
    const { open } = fleet()
    const [cache, other] = [await open<string>(), await open<string>()]
    const signals: AbortSignal[] = []
    void other.getOrSet('leased', () => new Promise(() => undefined), { lease: true }).catch(() => undefined)
    await settle()
    const calls = [
      cache.getOrSet('k', ({ signal }) => {
        signals.push(signal)
        return new Promise(() => undefined)
      }),
      cache.getOrSet('leased', () => 'x', { lease: true }),
    ].map(call => call.catch(code))
    await settle()
    await cache.close()
    expect(await Promise.all(calls)).toEqual(['CLOSED', 'CLOSED'])
    expect(signals[0]!.aborted).toBe(true)
    await other.close()
  })
})
