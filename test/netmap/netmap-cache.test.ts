import { describe, expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import { type Netmap, NetmapCache, type Node, netmapCache } from '../../src/netmap/index.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { asFresh, cases, fixture, readJson, readRecords, recordsOf, storeOf } from './fixtures.ts'

async function loadPlain(name: string): Promise<Netmap> {
  const store = await storeOf(await readRecords(fixture(name, 'dir')))
  return (await netmapCache(store, { layout: 'plain' }).load())!.state
}

describe('the segmented layout', () => {
  it.each(cases)('gives back the map of %s as Go loads it', async name => {
    const netmap = await loadPlain(name)
    const store = new MemoryStore()
    const written = await netmapCache(store).store(asFresh(netmap))
    expect(written.skipped).toBe(false)
    const loaded = await netmapCache(store).load()
    expect(loaded?.report).toEqual({ problems: [], fallback: false })
    expect(loaded?.state).toEqual(await readJson<Netmap>(name, 'loaded.json'))
  })

  it.each(cases)('moves %s back into the plain layout, byte for byte', async name => {
    const records = await readRecords(fixture(name, 'dir'))
    const segmented = new MemoryStore()
    await netmapCache(segmented).store(asFresh(await loadPlain(name)))
    const plain = new MemoryStore()
    await netmapCache(plain, { layout: 'plain' }).store(asFresh((await netmapCache(segmented).load())!.state))
    const rawSpelling = /"(CapMap|Capabilities)"/
    for (const [key, text] of await recordsOf(plain)) {
      // Raw JSON inside a capability map keeps its value in every layout, but its spelling only in the plain one.
      if (rawSpelling.test(text)) expect(JSON.parse(text)).toEqual(JSON.parse(records.get(key)!))
      else expect(text).toBe(records.get(key))
    }
    expect([...(await recordsOf(plain)).keys()]).toEqual([...records.keys()].sort())
  })

  it('does not store a map that came from the cache', async () => {
    const store = new MemoryStore()
    const cache = netmapCache(store)
    const first = await cache.store(asFresh(await loadPlain('realistic')))
    const { state } = (await cache.load())!
    expect(await cache.store(state)).toMatchObject({ skipped: 'cached', generation: first.generation })
    expect(await cache.updateSelf(state)).toMatchObject({ skipped: 'cached' })
    expect(await netmapCache(store).generations()).toHaveLength(1)
  })

  it('refuses a map without a user and keeps the one it has', async () => {
    const cache = netmapCache(new MemoryStore())
    const netmap = asFresh(await loadPlain('realistic'))
    await cache.store(netmap)
    const nobody = { ...netmap, SelfNode: { ...netmap.SelfNode, User: 0 } }
    await expect(cache.store(nobody)).rejects.toSatisfy(error => isCacheError(error, 'UNSUPPORTED_VALUE'))
    await expect(cache.updateSelf(nobody)).rejects.toSatisfy(error => isCacheError(error, 'UNSUPPORTED_VALUE'))
    expect((await cache.load())?.state.SelfNode.User).toBe(netmap.SelfNode.User)
  })

  it('updates the self columns and leaves peers and users', async () => {
    const store = new MemoryStore()
    const netmap = asFresh(await loadPlain('realistic'))
    await netmapCache(store).store(netmap)
    const next = { ...netmap, Domain: 'other.example.com', Peers: null, UserProfiles: null }
    expect((await netmapCache(store).updateSelf(next)).written).toEqual(['Domain'])
    const { state } = (await netmapCache(store).load())!
    expect(state.Domain).toBe('other.example.com')
    expect(state.Peers).toEqual(netmap.Peers)
    expect(state.UserProfiles).toEqual(netmap.UserProfiles)
  })

  it('updates and removes peers by StableID; remove wins; peers come sorted by ID', async () => {
    const store = new MemoryStore()
    const netmap = asFresh(await loadPlain('realistic'))
    await netmapCache(store).store(netmap)
    const [first, second, third] = netmap.Peers as readonly [Node, Node, Node]
    const early = { ...first, ID: 1, StableID: 'nEarly' }
    const result = await netmapCache(store).updatePeers(
      [{ ...second, Online: false }, early, { ...third, Online: false }],
      [third.StableID, 'nNever'],
    )
    expect(result.written).toEqual(['Peers'])
    const { state } = (await netmapCache(store).load())!
    const rest = netmap.Peers!.slice(3)
    expect(state.Peers).toEqual([early, first, { ...second, Online: false }, ...rest])
    const part = await netmapCache(store).load({ columns: ['Peers'] })
    expect(part?.state).toEqual({ Peers: state.Peers })
  })

  it('has nothing to update before a map was stored', async () => {
    const cache = netmapCache(new MemoryStore())
    await expect(cache.updatePeers([])).rejects.toSatisfy(error => isCacheError(error, 'NOTHING_CACHED'))
  })

  it('adds peers to a map that had none', async () => {
    const store = new MemoryStore()
    const netmap = asFresh(await loadPlain('realistic'))
    await netmapCache(store).store({ ...netmap, Peers: null })
    expect((await netmapCache(store).load())?.state.Peers).toBeNull()
    await netmapCache(store).updatePeers(netmap.Peers!.slice(0, 2))
    expect((await netmapCache(store).load())?.state.Peers).toEqual(netmap.Peers!.slice(0, 2))
  })

  it('is a snapshot cache with all that belongs to one', async () => {
    const store = new MemoryStore()
    const cache = netmapCache(store, { name: 'tailnet', immutable: true })
    expect(cache).toBeInstanceOf(NetmapCache)
    const netmap = asFresh(await loadPlain('realistic'))
    const { state, cached } = await cache.start(async () => netmap)
    expect([state.Domain, cached]).toEqual([netmap.Domain, false])
    await using view = (await cache.view())!
    expect(await view.element('Peers', netmap.Peers![0]!.StableID)).toEqual(netmap.Peers![0])
    expect(() => netmapCache(store, { columns: {} } as never)).toThrow(TypeError)
  })
})
