import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Netmap } from '../../src/netmap/netmap.ts'
import { PlainNetmapCache } from '../../src/netmap/plain-cache.ts'
import type { Node } from '../../src/netmap/tailcfg.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { InterceptedBatchStore, InterceptedStore } from '../helpers/intercepted-store.ts'
import { arbitraryNetmap } from './arbitrary-netmap.ts'
import {
  asFresh,
  encodeText as bytes,
  fixture,
  fourMethods,
  readJson,
  readRecords,
  recordsOf,
  storeOf,
  watched,
} from './fixtures.ts'

const realistic = asFresh(await readJson<Netmap>('realistic', 'loaded.json'))
const recorded = await readRecords(fixture('realistic', 'dir'))
const peers = realistic.Peers ?? []
const peer = peers[0] as Node
const peerRecord = `peer-${peer.StableID}`

describe('store', () => {
  it('writes in the order of the Go program, and only what differs', async () => {
    const { store, calls } = watched(new MemoryStore())
    const cache = new PlainNetmapCache(store)
    const first = await cache.store(realistic)
    const order = [
      'msic',
      'dns',
      'derpmap',
      'self',
      'filter',
      'ssh',
      ...peers.map(p => `peer-${p.StableID}`),
      'user-1000000000',
    ]
    expect(calls).toEqual(order.map(key => `store ${key}`))
    expect(first).toEqual({ written: order, removed: [], bytes: expect.any(Number), skipped: false })

    calls.length = 0
    const renamed = { ...peer, Name: 'other.' }
    const second = await cache.store({ ...realistic, Peers: [renamed, ...peers.slice(2)], SSHPolicy: null })
    expect(second.written).toEqual([peerRecord])
    expect(calls).toEqual([`store ${peerRecord}`, `remove peer-${peers[1]?.StableID}`, 'remove ssh'])
    expect(second.removed).toEqual([`peer-${peers[1]?.StableID}`, 'ssh'])
  })

  it('writes nothing that it has read unchanged', async () => {
    const cache = new PlainNetmapCache(await storeOf(recorded))
    const snapshot = await cache.load()
    const unchanged = { written: [], removed: [], bytes: 0, skipped: 'unchanged' }
    expect(await cache.store(asFresh(snapshot?.state as Netmap))).toEqual(unchanged)
    expect((await cache.updateSelf(realistic)).written).toEqual([])
    expect((await cache.updatePeers(peers)).written).toEqual([])
  })

  it('does not write a state that came from a cache', async () => {
    const store = new MemoryStore()
    const state = (await new PlainNetmapCache(await storeOf(recorded)).load())?.state as Netmap
    const cache = new PlainNetmapCache(store)
    const skipped = { written: [], removed: [], bytes: 0, skipped: 'cached' }
    expect(await cache.store(state)).toEqual(skipped)
    expect(await cache.updateSelf(state)).toEqual(skipped)
    expect(await recordsOf(store)).toEqual(new Map())
  })

  it('writes a record again that vanished under it', async () => {
    for (const wrap of [(s: Store) => s, fourMethods]) {
      const store = await storeOf(recorded)
      const cache = new PlainNetmapCache(wrap(store))
      await cache.load()
      await store.remove('dns')
      await store.remove(peerRecord)
      expect((await cache.store(realistic)).written).toEqual(['dns', peerRecord])
      await store.remove('dns')
      expect((await cache.updateSelf(realistic)).written).toEqual(['dns'])
      await store.remove(peerRecord)
      expect((await cache.updatePeers([peer])).written).toEqual([peerRecord])
      expect(await recordsOf(store)).toEqual(recorded)
    }
  })

  it('writes a record again whose write failed', async () => {
    const inner = await storeOf(recorded)
    const { store, failing } = watched(inner)
    const cache = new PlainNetmapCache(store)
    await cache.load()
    failing.add('store dns')
    const next = { ...realistic, DNS: { Domains: ['other.ts.net'] } }
    await expect(cache.store(next)).rejects.toMatchObject({ code: 'STORE_FULL' })
    // The write may have left anything.
    await inner.store('dns', bytes('{"DN'))
    failing.clear()
    expect((await cache.store(realistic)).written).toEqual(['dns'])
    expect(await recordsOf(inner)).toEqual(recorded)
  })

  it('writes a record again whose write failed although it is there, also if it was loaded since', async () => {
    for (const Intercepted of [InterceptedStore, InterceptedBatchStore]) {
      const inner = await storeOf(recorded)
      let isBroken = false
      const store = new Intercepted(inner, async (call, run) => {
        const result = await run()
        if (isBroken && call.isWrite) throw new Error('not flushed')
        return result
      })
      const cache = new PlainNetmapCache(store)
      await cache.load()
      isBroken = true
      const next = { ...realistic, DNS: { Domains: ['other.ts.net'] } }
      await expect(cache.store(next)).rejects.toThrow('not flushed')
      isBroken = false
      expect((await cache.load())?.state.DNS).toEqual(next.DNS)
      expect((await cache.store(next)).written).toEqual(['dns'])
      expect((await cache.store(next)).written).toEqual([])
    }
  })

  it('goes no further than a column that failed', async () => {
    const { store, calls, failing } = watched(new MemoryStore())
    failing.add('store dns')
    await expect(new PlainNetmapCache(store).store(realistic)).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(calls).toEqual(['store msic', 'store dns'])
  })

  it('leaves keys alone that are not of its layout', async () => {
    const foreign = ['other', 'Self', 'user-', 'user-01', 'user-x', 'peers', 'misc', 'user-1 ']
    const store = await storeOf(new Map([...recorded, ...foreign.map((key): [string, string] => [key, 'x'])]))
    const cache = new PlainNetmapCache(store)
    const snapshot = await cache.load()
    expect(snapshot?.report.problems).toEqual([])
    const { removed } = await cache.store({ ...realistic, Peers: null })
    expect(new Set(removed)).toEqual(new Set(peers.map(p => `peer-${p.StableID}`)))
    await cache.clear()
    expect([...(await recordsOf(store)).keys()].sort()).toEqual(foreign.sort())
    expect(await cache.load()).toBeUndefined()
  })

  it('is all or nothing on a store with batch', async () => {
    const inner = await storeOf(recorded)
    const batches: number[] = []
    const store: Store = {
      ...fourMethods(inner),
      store: () => Promise.reject(new Error('not by single calls')),
      remove: () => Promise.reject(new Error('not by single calls')),
      batch: async (operations, options) => {
        batches.push(operations.length)
        await inner.batch(operations, options)
      },
    }
    await new PlainNetmapCache(store).store({ ...realistic, Peers: peers.slice(1) })
    expect(batches).toEqual([recorded.size])
    expect((await recordsOf(inner)).has(peerRecord)).toBe(false)
  })

  it.each([
    ['no self node', { SelfNode: undefined }, 'Cannot store a netmap without a user: SelfNode.User is 0 or absent'],
    [
      'user 0',
      { SelfNode: { ...realistic.SelfNode, User: 0 } },
      'Cannot store a netmap without a user: SelfNode.User is 0 or absent',
    ],
    [
      'user 0n',
      { SelfNode: { ...realistic.SelfNode, User: 0n } },
      'Cannot store a netmap without a user: SelfNode.User is 0 or absent',
    ],
    [
      'a rounded ID',
      { SelfNode: { ...realistic.SelfNode, ID: 2 ** 60 } },
      'Cannot store SelfNode.ID: it is 1152921504606847000, an integer beyond 2^53 - 1 that must be a bigint',
    ],
    [
      'a huge ID',
      { SelfNode: { ...realistic.SelfNode, ID: 2n ** 64n } },
      'Cannot store SelfNode.ID: it is 18446744073709551616, beyond 64 bits',
    ],
    [
      'a fraction',
      { SelfNode: { ...realistic.SelfNode, ID: 1.5 } },
      'Cannot store SelfNode.ID: it is 1.5, wanted an integer',
    ],
    [
      'a Date',
      { Peers: [peer, { ...peer, StableID: 'x', Created: new Date(0) }] },
      'Cannot store Peers[1].Created: it is object, wanted a string',
    ],
    [
      'a socket',
      { Peers: [{ ...peer, CapMap: { a: [{ on: () => 1 }] } }] },
      'Cannot store Peers[0].CapMap.a[0].on: it is function, which JSON does not have',
    ],
    [
      'a lone surrogate',
      { Domain: '\udc00' },
      'Cannot store Domain: it holds a lone surrogate, which UTF-8 does not have',
    ],
    [
      'a name as region',
      { DERPMap: { Regions: { fra: null } } },
      'Cannot store DERPMap.Regions: it has a key that is no integer',
    ],
    [
      'NaN',
      { UserProfiles: { 1: { ID: 1, LoginName: '', DisplayName: '', x: Number.NaN } } },
      'Cannot store UserProfiles["1"].x: it is NaN, which JSON does not have',
    ],
    ['a list of rules', { SSHPolicy: [] }, 'Cannot store SSHPolicy: it is an array, wanted an object (SSHPolicy)'],
  ])('refuses %s and writes nothing', async (_, change, message) => {
    const store = await storeOf(recorded)
    const cache = new PlainNetmapCache(store)
    const broken = { ...realistic, Domain: 'changed', ...change } as Netmap
    await expect(cache.store(broken)).rejects.toMatchObject({ code: 'UNSUPPORTED_VALUE', message })
    expect(await recordsOf(store)).toEqual(recorded)
  })

  it('refuses two peers with one StableID, a user key that is no ID, and no netmap at all', async () => {
    const cache = new PlainNetmapCache(new MemoryStore())
    const twice = { ...realistic, Peers: [peer, { ...peer, Name: 'other.' }] }
    await expect(cache.store(twice)).rejects.toMatchObject({ code: 'DUPLICATE_KEY', key: peerRecord })
    const [user] = Object.values(realistic.UserProfiles ?? {})
    await expect(cache.store({ ...realistic, UserProfiles: { me: user as never } })).rejects.toThrow(TypeError)
    await expect(cache.store({ ...realistic, Peers: [{} as Node] })).rejects.toThrow(
      'Peers[0] must be an object with a StableID',
    )
    await expect(cache.store(null as never)).rejects.toThrow(TypeError)
  })

  it('brings any netmap into a form that stays as it is', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryNetmap, async netmap => {
        const [first, second] = [new MemoryStore(), new MemoryStore()]
        await new PlainNetmapCache(first).store(netmap)
        const loaded = await new PlainNetmapCache(first).load()
        expect(loaded?.report.problems).toEqual([])
        await new PlainNetmapCache(second).store(asFresh(loaded?.state as Netmap))
        expect(await recordsOf(second)).toEqual(await recordsOf(first))
      }),
    )
  })
})

describe('updatePeers and updateSelf', () => {
  it('needs a self node', async () => {
    const cache = new PlainNetmapCache(new MemoryStore())
    await expect(cache.updatePeers([peer])).rejects.toMatchObject({ code: 'NOTHING_CACHED' })
    await cache.updateSelf(realistic)
    await cache.updatePeers([peer])
    expect((await cache.load())?.state.Peers).toEqual([peer])
  })

  it('removes a peer that is in both lists, and takes the last of two updates', async () => {
    const cache = new PlainNetmapCache(await storeOf(recorded))
    const renamed = { ...peer, Name: 'last.' }
    const result = await cache.updatePeers([peer, renamed, { ...peer, StableID: 'both' }], ['both', 'never'])
    expect(result).toMatchObject({ written: [peerRecord], removed: ['peer-both', 'peer-never'] })
    const loaded = (await cache.load())?.state.Peers
    expect(loaded).toEqual([renamed, ...peers.slice(1)])
  })

  it('tries all records and joins the errors', async () => {
    const inner = await storeOf(recorded)
    const { store, failing } = watched(inner)
    const cache = new PlainNetmapCache(store)
    failing.add('store peer-a').add(`remove ${peerRecord}`)
    const [a, b] = [
      { ...peer, StableID: 'a' },
      { ...peer, StableID: 'b' },
    ]
    const error = await cache.updatePeers([a, b], [peer.StableID, peers[1]?.StableID ?? '']).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'STORE_FULL', message: '2 records failed, the first: failed store peer-a' })
    expect((error as { cause: AggregateError }).cause.errors).toHaveLength(2)
    expect([...(await recordsOf(inner)).keys()]).toEqual(
      expect.arrayContaining(['peer-b', peerRecord, `peer-${peers[2]?.StableID}`]),
    )
    expect((await recordsOf(inner)).has(`peer-${peers[1]?.StableID}`)).toBe(false)
    failing.clear()
    expect((await cache.updatePeers([a, b])).written).toEqual(['peer-a'])
  })

  it('keeps the ssh record when the policy is gone, as Go does, until the next store', async () => {
    const cache = new PlainNetmapCache(await storeOf(recorded))
    const without = { ...realistic, SSHPolicy: null }
    await cache.updateSelf(without)
    expect((await cache.load())?.state.SSHPolicy).toEqual(realistic.SSHPolicy)
    await cache.store(without)
    expect((await cache.load())?.state.SSHPolicy).toBeNull()
  })
})

describe('calls', () => {
  it('are done one after the other, in order', async () => {
    const { store, calls } = watched(await storeOf(recorded))
    const cache = new PlainNetmapCache(store)
    const renamed = { ...peer, Name: 'renamed.' }
    const results = await Promise.all([
      cache.updatePeers([renamed]),
      cache.load(),
      cache.updatePeers([], [peer.StableID]),
      cache.load(),
      cache.store(realistic),
      cache.load(),
    ])
    expect([results[1], results[3], results[5]].map(snapshot => (snapshot as { state: Netmap }).state.Peers)).toEqual([
      [renamed, ...peers.slice(1)],
      peers.slice(1),
      peers,
    ])
    expect(calls.filter(call => !call.startsWith('load'))).toEqual([
      `store ${peerRecord}`,
      `remove ${peerRecord}`,
      `store ${peerRecord}`,
    ])
  })

  it('that wait end at once when their signal is aborted, and never run', async () => {
    const inner = await storeOf(recorded)
    let release = (): void => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const store: Store = {
      // No call is ended by the store.
      list: prefix => inner.list(prefix),
      store: (key, value) => inner.store(key, value),
      remove: key => inner.remove(key),
      load: async key => {
        await held
        return inner.load(key)
      },
    }
    const cache = new PlainNetmapCache(store)
    const first = cache.load()
    const abort = new AbortController()
    const second = cache.clear({ signal: abort.signal })
    abort.abort('enough')
    await expect(second).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    await expect(cache.clear({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    release()
    expect((await first)?.state.Domain).toBe(realistic.Domain)
    expect((await cache.load())?.state.Domain).toBe(realistic.Domain)
  })

  it('after close are refused; close waits for those before and leaves the store open', async () => {
    const store = new MemoryStore()
    let stored: Promise<unknown>
    {
      await using cache = new PlainNetmapCache(store)
      stored = cache.store(realistic)
      await cache.close()
      expect(await recordsOf(store)).toEqual(recorded)
      await cache.close()
      for (const call of [
        () => cache.load(),
        () => cache.store(realistic),
        () => cache.updatePeers([]),
        () => cache.clear(),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'CLOSED' })
      }
    }
    await stored
    expect(await store.load('self')).toBeDefined()
  })
})
