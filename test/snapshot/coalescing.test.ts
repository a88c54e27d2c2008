import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { gatedStore } from '../helpers/gated-store.ts'
import { InterceptedStore } from '../helpers/intercepted-store.ts'
import { recordingStore } from '../helpers/recording-store.ts'
import { makePeer, makeState, openApp } from './app-state.ts'

describe('calls that wait', () => {
  it('stores in a row become one, of the last state', async () => {
    const disk = new MemoryStore()
    const recording = recordingStore(disk)
    const cache = openApp(recording.store)
    const results = await Promise.all([1, 2, 3, 4, 5].map(tick => cache.store(makeState(tick))))
    expect(results.map(result => result.skipped)).toEqual([
      'superseded',
      'superseded',
      'superseded',
      'superseded',
      false,
    ])
    expect(new Set(results.map(result => result.generation)).size).toBe(1)
    expect(recording.calls.filter(call => call.verb === 'store' && call.key.includes('@head'))).toHaveLength(1)
    expect((await cache.load())?.state).toStrictEqual(makeState(5))
  })

  it('a store that runs is not joined; those behind it are one', async () => {
    const gated = gatedStore(new MemoryStore())
    const cache = openApp(gated.store)
    gated.shut()
    const first = gated.reached(() => true)
    const stores = [cache.store(makeState(1))]
    await first
    stores.push(cache.store(makeState(2)), cache.store(makeState(3)))
    gated.open()
    const results = await Promise.all(stores)
    expect(results.map(({ skipped, generation }) => [skipped, generation])).toEqual([
      [false, 1],
      ['superseded', 2],
      [false, 2],
    ])
  })

  it('keep their order: a store before an update or patch is not overtaken by one after it', async () => {
    const cache = openApp(new MemoryStore())
    const results = await Promise.all([
      cache.store(makeState(1)),
      cache.update({ dns: ['a'] }),
      cache.load(),
      cache.patch('peers', { set: [makePeer(70)] }),
      cache.load(),
      cache.store(makeState(2)),
      cache.store(makeState(3)),
      cache.load(),
      cache.clear(),
      cache.load(),
    ])
    const states = results.map(result => (result !== undefined && 'state' in result ? result.state : undefined))
    const updated = { ...makeState(1), dns: ['a'] }
    expect(states[2]).toStrictEqual(updated)
    expect(states[4]).toStrictEqual({ ...updated, peers: [...makeState(1).peers!, makePeer(70)] })
    expect(states[7]).toStrictEqual(makeState(3))
    expect(states[9]).toBeUndefined()
  })

  it('are ended by close(), not lost; later ones are CLOSED and the store stays open', async () => {
    const disk = new MemoryStore()
    const cache = openApp(disk)
    const storing = cache.store(makeState(1))
    const updating = cache.update({ dns: [] })
    await cache.close()
    expect((await storing).skipped).toBe(false)
    expect((await updating).written).toEqual(['dns'])
    const closed = { code: 'CLOSED' }
    await expect(cache.store(makeState(2))).rejects.toMatchObject(closed)
    await expect(cache.load()).rejects.toMatchObject(closed)
    await expect(cache.patch('peers', {})).rejects.toMatchObject(closed)
    await expect(cache.clear()).rejects.toMatchObject(closed)
    await expect(cache.start(async () => makeState())).rejects.toMatchObject(closed)
    await cache.close()
    expect((await openApp(disk).load())?.state).toStrictEqual({ ...makeState(1), dns: [] })
  })

  it('await using closes', async () => {
    const disk = new MemoryStore()
    let kept: ReturnType<typeof openApp>
    {
      await using cache = openApp(disk)
      kept = cache
      void cache.store(makeState(3))
    }
    expect((await openApp(disk).load())?.state).toStrictEqual(makeState(3))
    await expect(kept.load()).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('an aborted call', () => {
  it('that waits rejects at once and never runs', async () => {
    const disk = new MemoryStore()
    const gated = gatedStore(disk)
    const cache = openApp(gated.store)
    gated.shut()
    const first = cache.store(makeState(1))
    const controller = new AbortController()
    const { signal } = controller
    const reason = new Error('no longer needed')
    const waiting = [
      cache.update({ dns: ['never'] }, { signal }),
      cache.patch('peers', { remove: ['n1'] }, { signal }),
      cache.load({ signal }),
      cache.view({ signal }),
      cache.verify({ signal }),
      cache.generations({ signal }),
      cache.clear({ signal }),
      cache.store(makeState(2), { signal }),
    ]
    controller.abort(reason)
    for (const call of waiting) await expect(call).rejects.toMatchObject({ code: 'ABORTED', cause: reason })
    gated.open()
    await first
    await cache.close()
    expect((await openApp(disk).load())?.state).toStrictEqual(makeState(1))
  })

  it('with a signal aborted before it rejects and does nothing', async () => {
    const recording = recordingStore()
    const cache = openApp(recording.store)
    const signal = AbortSignal.abort()
    const calls = [cache.store(makeState(), { signal }), cache.load({ signal }), cache.clear({ signal })]
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'ABORTED' })
    await cache.close()
    expect(recording.calls).toEqual([])
  })

  it('before the head is written leaves the old state, even on a store that does not look at signals', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1))
    const controller = new AbortController()
    const store = new InterceptedStore(disk, async (call, run) => {
      if (call.verb === 'store' && !call.key.includes('@head')) controller.abort()
      return await run()
    })
    const cache = openApp(store)
    const storing = cache.store(makeState(2, 400), { signal: controller.signal })
    await expect(storing).rejects.toMatchObject({ code: 'ABORTED' })
    expect((await cache.load())?.state).toStrictEqual(makeState(1))
    await cache.store(makeState(3))
    expect(await openApp(disk).verify()).toMatchObject({ ok: true, unused: [] })
  })

  it('does not take down the store that waited before it', async () => {
    const disk = new MemoryStore()
    const gated = gatedStore(disk)
    const cache = openApp(gated.store)
    gated.shut()
    const running = gated.reached(() => true)
    const zero = cache.store(makeState(0))
    await running
    const one = cache.store(makeState(1))
    const controller = new AbortController()
    const two = cache.store(makeState(2), { signal: controller.signal })
    const itsTurn = gated.reached(call => call.verb === 'list')
    gated.open()
    await itsTurn
    controller.abort()
    await expect(two).rejects.toMatchObject({ code: 'ABORTED' })
    expect((await zero).skipped).toBe(false)
    expect((await one).skipped).toBe(false)
    expect((await openApp(disk).load())?.state).toStrictEqual(makeState(1))
  })

  it('of a view does not end the call of another', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1, 400))
    const gated = gatedStore(disk)
    const store = new InterceptedStore(gated.store, async (call, run) => {
      const result = await run()
      call.signal?.throwIfAborted()
      return result
    })
    const view = (await openApp(store).view())!
    gated.shut()
    const reading = gated.reached(() => true)
    const controller = new AbortController()
    const one = view.get('peers', { signal: controller.signal })
    const two = view.get('peers')
    await reading
    controller.abort()
    gated.open()
    await expect(one).rejects.toThrow()
    expect(await two).toStrictEqual(makeState(1, 400).peers)
  })
})

describe('a state that is changed while it is stored', () => {
  it('is stored as it was at one moment', async () => {
    for (let pause = 0; pause < 40; pause++) {
      const disk = new MemoryStore()
      const cache = openApp(disk)
      await cache.store(makeState(1, 6))
      const state = makeState(2, 6)
      const storing = cache.store(state)
      for (let i = 0; i < pause; i++) await Promise.resolve()
      Object.assign(state, makeState(3, 6))
      for (const peer of state.peers!) peer.online = true
      await storing
      const found = (await openApp(disk).load())!.state
      const ticks = new Set([found.self.tick, Number(found.dns[1]?.slice(5)), found.users['u0']?.seen])
      expect(ticks.size, `after ${pause} turns`).toBe(1)
      // What the cache remembers is of the same moment as what it wrote.
      await cache.store(state)
      expect((await openApp(disk).load())?.state).toStrictEqual(state)
    }
  })

  it('by a patch whose elements change: key and content are of one moment', async () => {
    for (let pause = 0; pause < 30; pause++) {
      const cache = openApp(new MemoryStore())
      await cache.store(makeState(1, 6))
      const peer = makePeer(2, { name: 'patched' })
      const patching = cache.patch('peers', { set: [peer] })
      for (let i = 0; i < pause; i++) await Promise.resolve()
      peer.id = 'n90'
      await patching
      const view = (await cache.view())!
      const peers = (await view.get('peers'))!
      expect(await view.keys('peers'), `after ${pause} turns`).toEqual(peers.map(({ id }) => id))
      await view.close()
    }
  })

  it('a refused state does not take the one before it along', async () => {
    const disk = new MemoryStore()
    const cache = openApp(disk)
    const good = [cache.store(makeState(0)), cache.store(makeState(1))]
    const bad = cache.store({ ...makeState(2), dns: [(() => 1) as never] })
    await expect(bad).rejects.toMatchObject({ code: 'UNSUPPORTED_VALUE' })
    expect((await Promise.all(good)).map(result => result.skipped)).toEqual(['superseded', false])
    expect((await openApp(disk).load())?.state).toStrictEqual(makeState(1))
  })
})
