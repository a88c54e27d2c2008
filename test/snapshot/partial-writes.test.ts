import { describe, expect, it } from 'vitest'
import { entries, keyed } from '../../src/snapshot/columns.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { recordingStore } from '../helpers/recording-store.ts'
import { type AppState, makePeer, makeState, openApp } from './app-state.ts'

for (const immutable of [false, true]) {
  describe(`update(), immutable: ${immutable}`, () => {
    it('replaces the named columns and leaves the others as they are on disk', async () => {
      const disk = new MemoryStore()
      const cache = openApp(disk, { immutable })
      await cache.store(makeState(1))
      await openApp(disk, { immutable }).store(makeState(2))
      expect(await cache.update({ dns: ['new'] })).toMatchObject({ generation: 3, written: ['dns'], removed: [] })
      expect((await cache.load())?.state).toStrictEqual({ ...makeState(2), dns: ['new'] })
      expect(await cache.update({ dns: ['new'] })).toMatchObject({ generation: 3, written: [], skipped: 'unchanged' })
      expect(await cache.update({})).toMatchObject({ skipped: 'unchanged' })
    })

    it('adds a column that was not there', async () => {
      const disk = bareStore()
      await new SnapshotCache<{ a: number }>(disk).store({ a: 1 })
      const cache = new SnapshotCache<{ a: number; b?: string; ['__proto__']?: number }>(disk, { immutable })
      await cache.update({ b: 'x' })
      await cache.update(JSON.parse('{"__proto__": 3}'))
      expect((await cache.load())?.state).toStrictEqual(JSON.parse('{"a": 1, "b": "x", "__proto__": 3}'))
    })

    it('needs a snapshot to build on', async () => {
      const cache = openApp(new MemoryStore(), { immutable })
      await expect(cache.update({ dns: [] })).rejects.toMatchObject({ code: 'NOTHING_CACHED' })
      await expect(cache.patch('peers', {})).rejects.toMatchObject({ code: 'NOTHING_CACHED' })
      await cache.store(makeState(1))
      await cache.clear()
      await expect(cache.update({ dns: [] })).rejects.toMatchObject({ code: 'NOTHING_CACHED' })
    })
  })

  describe(`patch(), immutable: ${immutable}`, () => {
    const open = async (state: AppState): Promise<SnapshotCache<AppState>> => {
      const disk = bareStore()
      await openApp(disk, { immutable }).store(state)
      return openApp(disk, { immutable })
    }

    it('replaces in place, puts new elements at the end, removes; remove wins', async () => {
      const cache = await open(makeState(1, 5))
      const set = [makePeer(9), makePeer(1, { name: 'one' }), makePeer(3, { name: 'never seen' })]
      const result = await cache.patch('peers', { set, remove: ['n3', 'n0', 'absent'] })
      expect(result).toMatchObject({ generation: 2, written: ['peers'], skipped: false })
      const [, , two, , four] = makeState(1, 5).peers!
      const peers = [makePeer(1, { name: 'one' }), two, four, makePeer(9)]
      expect((await cache.load())?.state).toStrictEqual({ ...makeState(1, 5), peers })
    })

    it('that changes nothing writes nothing', async () => {
      const cache = await open(makeState(1, 5))
      const unchanged = { generation: 1, written: [], bytes: 0, skipped: 'unchanged' }
      expect(await cache.patch('peers', {})).toMatchObject(unchanged)
      expect(await cache.patch('peers', { remove: ['absent'] })).toMatchObject(unchanged)
      expect(await cache.patch('peers', { set: makeState(1, 5).peers!.slice(2, 4) })).toMatchObject(unchanged)
      expect(await cache.patch('peers', { set: [makePeer(77)], remove: ['n77'] })).toMatchObject(unchanged)
    })

    it('makes elements of a column that was null', async () => {
      const cache = await open({ ...makeState(1), peers: null })
      await cache.patch('peers', { set: [makePeer(1)] })
      await cache.patch('peers', { set: [makePeer(2)], remove: ['n1'] })
      expect((await cache.load())?.state.peers).toStrictEqual([makePeer(2)])
    })

    it('takes objects and Maps for entries, and keeps which of the two the column is', async () => {
      const cache = await open(makeState(1, 3))
      await cache.patch('users', { set: { zoe: { login: 'zoe', seen: 9 } }, remove: ['u0'] })
      await cache.patch('routes', { set: new Map([['new', 5]]), remove: ['10.0.1.0/24'] })
      const state = makeState(1, 3)
      delete state.users['u0']
      state.users['zoe'] = { login: 'zoe', seen: 9 }
      state.routes.delete('10.0.1.0/24')
      state.routes.set('new', 5)
      expect((await cache.load())?.state).toStrictEqual(state)
    })

    it('can be followed by many more, through spills and new bases', async () => {
      const cache = await open(makeState(1, 300))
      const wanted = new Map(makeState(1, 300).peers!.map(peer => [peer.id, peer]))
      for (let i = 0; i < 120; i++) {
        const set = [0, 1, 2].map(j => makePeer((i * 7 + j) % 320, { name: `round-${i}-${'x'.repeat(200)}` }))
        const remove = [`n${(i * 11) % 300}`]
        await cache.patch('peers', { set, remove })
        for (const peer of set) wanted.set(peer.id, peer)
        for (const id of remove) wanted.delete(id)
      }
      expect((await cache.load())?.state.peers).toStrictEqual([...wanted.values()])
      expect(await cache.verify()).toMatchObject({ ok: true, unused: [], problems: [] })
    })

    it('has keys that are numbers beside keys that are text', async () => {
      const cache = new SnapshotCache<{ rows: { id: number; v: string }[] }>(new MemoryStore(), {
        immutable,
        columns: { rows: keyed('id') },
      })
      await cache.store({ rows: [1, 2, 10].map(id => ({ id, v: 'a' })) })
      await cache.patch('rows', { set: [{ id: 2, v: 'b' }], remove: [10, '1'] })
      expect((await cache.load())?.state).toStrictEqual({ rows: [{ id: 2, v: 'b' }] })
    })

    it('with integer-like keys: a loaded state is still the cached one, and a view has the order of the object', async () => {
      const disk = new MemoryStore()
      const options = { immutable, columns: { t: entries<number>() } }
      const cache = new SnapshotCache<{ t: Record<string, number> }>(disk, options)
      await cache.store({ t: { a: 1, b: 2, '7': 3 } })
      await cache.patch('t', { set: { '5': 1, c: 9 } })
      const fresh = new SnapshotCache<{ t: Record<string, number> }>(disk, options)
      const { state } = (await fresh.load())!
      expect((await fresh.store(state)).skipped).toBe('cached')
      expect(await (await fresh.view())!.keys('t')).toEqual(['5', '7', 'a', 'b', 'c'])
      expect((await cache.store(state)).skipped).not.toBe(false)
    })
  })
}

describe('a patch', () => {
  it('of a small part writes little', async () => {
    const recording = recordingStore()
    const cache = openApp(recording.store)
    await cache.store(makeState(1, 2000))
    const { bytes } = await cache.patch('peers', { set: [makePeer(3, { name: 'x' })] })
    expect(bytes).toBeLessThan(4000)
  })

  it('refuses columns without elements and input of the wrong kind, and leaves the snapshot', async () => {
    const cache = openApp(new MemoryStore())
    await cache.store(makeState(1))
    const wrong: [string, unknown][] = [
      ['self', { set: {} }],
      ['unknown', { set: [] }],
      ['peers', { set: {} }],
      ['peers', { set: 'text' }],
      ['peers', { remove: 'n1' }],
      ['peers', { add: [] }],
      ['peers', null],
      ['users', { set: [] }],
      ['users', { set: new Map([[1, 2]]) }],
    ]
    for (const [column, input] of wrong) {
      await expect(cache.patch(column as 'peers', input as never), `${column} ${input}`).rejects.toThrow(TypeError)
    }
    const twice = { set: [makePeer(1), makePeer(1)] }
    await expect(cache.patch('peers', twice)).rejects.toMatchObject({ code: 'DUPLICATE_KEY' })
    expect((await cache.load())?.state).toStrictEqual(makeState(1))
    expect((await cache.generations())[0]?.generation).toBe(1)
  })

  it('of a value that has no elements is refused', async () => {
    const disk = new MemoryStore()
    await new SnapshotCache<{ list: string }>(disk).store({ list: 'text' })
    const cache = new SnapshotCache<{ list: { id: string }[] }>(disk, { columns: { list: keyed('id') } })
    await expect(cache.patch('list', { set: [{ id: 'a' }] })).rejects.toThrow(TypeError)
    expect((await cache.load())?.state).toStrictEqual({ list: 'text' })
  })
})
