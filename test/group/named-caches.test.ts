import { afterEach, describe, expect, it } from 'vitest'
import { GroupCache } from '../../src/group/group-cache.ts'
import { MemoryNetwork } from '../../src/group/memory-network.ts'
import { type NamedCacheConfig, NamedCaches } from '../../src/group/named-caches.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bytes } from '../store/scratch.ts'

const text = (value: Uint8Array): string => new TextDecoder().decode(value)
const maxBytes = 1_000_000

describe('NamedCaches', () => {
  let now = 1_700_000_000_000
  const open: NamedCaches[] = []

  /** Caches on nodes of one network. */
  function fleet(addresses: readonly string[] = ['a:1']): NamedCaches[] {
    const network = new MemoryNetwork()
    const all = addresses.map(address => {
      const cache = new GroupCache({ transport: network.transport(address), self: address, clock: () => now })
      network.serve(address, cache.service)
      cache.setPeers(addresses)
      return new NamedCaches(cache)
    })
    open.push(...all)
    return all
  }

  const single = (): NamedCaches => fleet()[0]!

  afterEach(async () => {
    for (const caches of open.splice(0)) await caches.close()
    now = 1_700_000_000_000
  })

  it('adds caches and names them', () => {
    const caches = single()
    expect(caches.names()).toEqual([])
    caches.add('tiles', { maxBytes })
    caches.add('layers', { maxBytes })
    expect(caches.names()).toEqual(['tiles', 'layers'])
    expect([caches.exists('layers'), caches.exists('others')]).toEqual([true, false])
  })

  it('gets what was set or what the backfill of that cache gives', async () => {
    const caches = single()
    caches.add('one', { maxBytes, backfill: async key => bytes(`one ${key}`) })
    caches.add('two', { maxBytes, backfill: key => bytes(`two ${key}`) })
    expect(text(await caches.get('one', 'a'))).toBe('one a')
    expect(text(await caches.get('two', 'a'))).toBe('two a')
    await caches.set('one', 'a', bytes('set'))
    expect(text(await caches.get('one', 'a'))).toBe('set')
    expect(text(await caches.get('two', 'a'))).toBe('two a')
    await caches.remove('one', 'a')
    expect(text(await caches.get('one', 'a'))).toBe('one a')
    await caches.remove('one', 'never there')
  })

  it('has the error texts of tilegroxy', async () => {
    const caches = single()
    caches.add('bare', { maxBytes })
    caches.add('filled', { maxBytes, backfill: () => undefined })
    caches.add('broken', {
      maxBytes,
      backfill: () => {
        throw new Error('disk on fire')
      },
    })
    const nilBackfill = { code: 'NOT_FOUND', message: 'item not in cache and backfill func is nil' }
    await expect(caches.get('bare', 'a')).rejects.toMatchObject(nilBackfill)
    await expect(caches.get('filled', 'a')).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'item not found' })
    await expect(caches.get('broken', 'a')).rejects.toMatchObject({ code: 'LOAD_FAILED' })
    const unknown = { code: 'UNKNOWN_GROUP', message: 'cache not found' }
    await expect(caches.get('nowhere', 'a')).rejects.toMatchObject(unknown)
    await expect(caches.set('nowhere', 'a', bytes('b'))).rejects.toMatchObject(unknown)
    await expect(caches.setToExpireAt('nowhere', 'a', bytes('b'), { expiresAt: 1 })).rejects.toMatchObject(unknown)
    await expect(caches.remove('nowhere', 'a')).rejects.toMatchObject(unknown)
    const nameless = expect.objectContaining({ code: 'INVALID_KEY', message: 'name is required' })
    expect(() => caches.add('', { maxBytes })).toThrow(nameless)
    expect(() => caches.add('bare', { maxBytes })).toThrow(expect.objectContaining({ code: 'ALREADY_EXISTS' }))
    expect(caches.names()).toEqual(['bare', 'filled', 'broken'])
    await expect(caches.set('bare', '', bytes('b'))).rejects.toMatchObject({ code: 'INVALID_KEY' })
  })

  it('the expiry of the cache applies to what is set and what is filled; a time of its own overrides it', async () => {
    const caches = single()
    let fills = 0
    caches.add('tiles', { maxBytes, itemExpirationMs: 3000, backfill: () => bytes(`fill ${++fills}`) })
    await caches.set('tiles', 'set', bytes('set'))
    await caches.setToExpireAt('tiles', 'long', bytes('long'), { expiresAt: now + 10_000 })
    await caches.setToExpireAt('tiles', 'ever', bytes('ever'), { expiresAt: Number.POSITIVE_INFINITY })
    await caches.setToExpireAt('tiles', 'past', bytes('past'), { expiresAt: new Date(now - 1) })
    expect(text(await caches.get('tiles', 'filled'))).toBe('fill 1')
    expect(text(await caches.get('tiles', 'past'))).toBe('fill 2')
    now += 3000
    expect(text(await caches.get('tiles', 'set'))).toBe('set')
    expect(text(await caches.get('tiles', 'filled'))).toBe('fill 1')
    now += 1
    expect(text(await caches.get('tiles', 'set'))).toBe('fill 3')
    expect(text(await caches.get('tiles', 'filled'))).toBe('fill 4')
    expect(text(await caches.get('tiles', 'long'))).toBe('long')
    now += 1e9
    expect(text(await caches.get('tiles', 'long'))).toBe('fill 5')
    expect(text(await caches.get('tiles', 'ever'))).toBe('ever')
  })

  it('what was set on one node is got on all, and gone from all; without a backfill too', async () => {
    const nodes = fleet(['a:1', 'b:1', 'c:1'])
    for (const each of nodes) each.add('tiles', { maxBytes })
    const keys = ['10/1/2', 'alpha', 'user:42', '日本語']
    for (const [i, key] of keys.entries()) await nodes[i % 3]!.set('tiles', key, bytes(key))
    for (const each of nodes) {
      for (const key of keys) expect(text(await each.get('tiles', key))).toBe(key)
    }
    for (const key of keys) await nodes[0]!.remove('tiles', key)
    for (const each of nodes) {
      for (const key of keys) {
        await expect(each.get('tiles', key)).rejects.toMatchObject({ message: /backfill func is nil/ })
      }
    }
  })

  it('what was set outlives a restart over a store, also where no backfill could confirm it', async () => {
    const store = new MemoryStore()
    const before = new NamedCaches(new GroupCache({ store }))
    before.add('tiles', { maxBytes })
    await before.set('tiles', 'a', bytes('kept'))
    await before.close()
    const after = new NamedCaches(new GroupCache({ store }))
    open.push(after)
    after.add('tiles', { maxBytes })
    expect(text(await after.get('tiles', 'a'))).toBe('kept')
    expect(text(await after.get('tiles', 'a'))).toBe('kept')
  })

  it('two instances side by side know nothing of each other', async () => {
    const [one, two] = [single(), single()]
    one.add('tiles', { maxBytes })
    two.add('tiles', { maxBytes })
    await one.set('tiles', 'a', bytes('one'))
    await two.set('tiles', 'a', bytes('two'))
    expect([text(await one.get('tiles', 'a')), text(await two.get('tiles', 'a'))]).toEqual(['one', 'two'])
    await one.close()
    expect(text(await two.get('tiles', 'a'))).toBe('two')
  })

  it('a bad list of peers is refused and changes nothing', async () => {
    const caches = single()
    caches.add('tiles', { maxBytes })
    expect(() => caches.setPeers(['b:1'])).toThrow(expect.objectContaining({ code: 'INVALID_PEERS' }))
    await caches.set('tiles', 'a', bytes('b'))
    expect(text(await caches.get('tiles', 'a'))).toBe('b')
  })

  it('an abort ends the wait, unlike in Go', async () => {
    const caches = single()
    caches.add('tiles', { maxBytes, backfill: () => new Promise(() => {}) })
    const signal = AbortSignal.abort()
    await expect(caches.get('tiles', 'a', { signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('the statistics have exactly the keys of tilegroxy', async () => {
    const caches = single()
    caches.add('tiles', { maxBytes, backfill: () => bytes('12345') })
    await caches.get('tiles', 'abc')
    await caches.get('tiles', 'abc')
    const level = { Bytes: 0, Items: 0, Gets: expect.any(Number), Hits: 0, Evictions: 0 }
    expect(caches.stats()).toEqual([
      {
        Cache: 'tiles',
        Group: {
          Gets: 2,
          CacheHits: 1,
          GetFromPeersLatencyLower: 0,
          PeerLoads: 0,
          PeerErrors: 0,
          Loads: 1,
          LoadsDeduped: 1,
          LocalLoads: 1,
          LocalLoadErrs: 0,
          ServerRequests: 0,
        },
        Caches: { Main: { ...level, Bytes: 8, Items: 1, Hits: 1 }, Hot: level },
      },
    ])
    const response = caches.statsHandler()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    const body = await response.text()
    expect(body.startsWith('[\n  {\n    "Cache": "tiles",\n')).toBe(true)
    expect(body.endsWith(']\n')).toBe(true)
    expect(JSON.parse(body)).toEqual(caches.stats())
    expect(await single().statsHandler().text()).toBe('[]\n')
  })

  it('checks its options', () => {
    const caches = single()
    const add = (config: NamedCacheConfig) => () => caches.add('x', config)
    expect(add({ maxBytes, itemExpirationMs: -1 })).toThrow(RangeError)
    expect(add({ maxBytes: -1 })).toThrow(RangeError)
    expect(add({ maxBytes, ...{ ttl: 1 } })).toThrow(/Unknown option ttl/)
    expect(caches.exists('x')).toBe(false)
  })
})
