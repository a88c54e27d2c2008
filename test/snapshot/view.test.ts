import { describe, expect, it } from 'vitest'
import { keyed } from '../../src/snapshot/columns.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { recordingStore } from '../helpers/recording-store.ts'
import { contents, makePeer, makeState, openApp, type Peer } from './app-state.ts'

describe('a view', () => {
  it('gives columns, elements and keys', async () => {
    const cache = openApp(new MemoryStore(), { now: () => 5000 })
    const state = makeState(1, 30)
    await cache.store(state)
    await using view = (await cache.view())!
    expect(view).toMatchObject({ generation: 1, savedAt: new Date(5000), ageMs: 0 })
    expect(view.columns).toEqual(['self', 'dns', 'peers', 'users', 'routes'])
    expect(await view.get('self')).toStrictEqual(state.self)
    expect(await view.get('routes')).toStrictEqual(state.routes)
    expect(await view.get('nope' as 'self')).toBeUndefined()
    expect(await view.get('dns')).toBe(await view.get('dns'))
    expect(await view.element('peers', 'n7')).toStrictEqual(state.peers![7])
    expect(await view.element('users', 'u3')).toStrictEqual(state.users['u3'])
    expect(await view.element('routes', '10.0.2.0/24')).toBe(1002)
    for (const key of ['n99', '', '__proto__', 'constructor', 'toString']) {
      expect(await view.element('peers', key), key).toBeUndefined()
      expect(await view.element('users', key), key).toBeUndefined()
    }
    expect(await view.element('self', 'name')).toBeUndefined()
    expect(await view.keys('peers')).toEqual(state.peers!.map(({ id }) => id))
    expect(await view.keys('routes')).toEqual([...state.routes.keys()])
    expect(await view.keys('self')).toEqual([])
    expect(await view.keys('nope' as 'self')).toEqual([])
  })

  it('reads, for one element, the head, the index and one page', async () => {
    const recording = recordingStore()
    const state = makeState(1, 5000)
    await openApp(recording.store).store(state)
    const cache = openApp(recording.store)
    recording.takeLoads()
    const view = (await cache.view())!
    expect(recording.takeLoads()).toEqual([expect.stringMatching(/^app\/@head\//)])
    expect(await view.element('peers', 'n4321')).toStrictEqual(state.peers![4321])
    const loads = recording.takeLoads()
    expect(loads).toHaveLength(2)
    expect(loads.every(key => key.startsWith('app/peers/'))).toBe(true)
    await view.element('peers', 'n4320')
    expect(recording.takeLoads()).toEqual([])
    expect(await view.keys('peers')).toHaveLength(5000)
    expect(recording.takeLoads().length).toBeLessThanOrEqual(1)
    await view.get('self')
    expect(recording.takeLoads().filter(key => key.includes('peers'))).toEqual([])
  })

  it('stays what it was while writes and sweeps go on; closed, it is swept', async () => {
    const disk = bareStore()
    const cache = openApp(disk)
    await cache.store(makeState(1, 400))
    const view = (await cache.view())!
    for (let tick = 2; tick < 8; tick++) {
      await cache.store(makeState(tick, 400))
      await cache.patch('peers', { set: [makePeer(1, { name: `${tick}` })], remove: ['n5'] })
      expect(await view.element('peers', `n${tick}`)).toStrictEqual(makeState(1, 400).peers![tick])
    }
    expect(await view.get('peers')).toStrictEqual(makeState(1, 400).peers)
    expect(await view.get('users')).toStrictEqual(makeState(1, 400).users)
    expect(await view.get('routes')).toStrictEqual(makeState(1, 400).routes)
    expect((await cache.generations()).map(({ generation }) => generation)).toContain(1)
    await view.close()
    await cache.store(makeState(9))
    expect((await cache.generations()).map(({ generation }) => generation)).not.toContain(1)
    await expect(view.get('self')).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(view.element('peers', 'n1')).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(view.keys('peers')).rejects.toMatchObject({ code: 'CLOSED' })
    await view.close()
  })

  it('is VIEW_EXPIRED where another process took its segments away, CORRUPT where they are damaged', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1, 400))
    const view = (await openApp(disk).view())!
    await view.get('users')
    const other = openApp(disk)
    for (let tick = 2; tick < 5; tick++) await other.store(makeState(tick, 400))
    await expect(view.get('peers')).rejects.toMatchObject({ code: 'VIEW_EXPIRED', key: expect.any(String) })
    await expect(view.element('peers', 'n1')).rejects.toMatchObject({ code: 'VIEW_EXPIRED' })
    expect(await view.get('users')).toStrictEqual(makeState(1, 400).users)
    const damaged = (await openApp(disk).view())!
    for (const [key, value] of await contents(disk))
      if (key.startsWith('app/peers/')) await disk.store(key, value.fill(9))
    await expect(damaged.get('peers')).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(await damaged.get('self')).toStrictEqual(makeState(4).self)
  })

  it('finds elements of a column that was stored before it had a spec, or with another', async () => {
    const disk = new MemoryStore()
    const peers = [makePeer(1), makePeer(2)]
    await new SnapshotCache<{ peers: Peer[] }>(disk).store({ peers })
    for (const key of ['id', 'name'] as const) {
      const cache = new SnapshotCache<{ peers: Peer[] }>(disk, { columns: { peers: keyed(key) } })
      const view = (await cache.view())!
      expect(await view.keys('peers')).toEqual(peers.map(peer => peer[key]))
      expect(await view.element('peers', peers[1]![key])).toStrictEqual(peers[1])
      expect(await view.element('peers', 'nobody')).toBeUndefined()
      await cache.store({ peers })
    }
  })
})
