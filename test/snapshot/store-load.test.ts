import { describe, expect, it } from 'vitest'
import type { Progress } from '../../src/snapshot/call-options.ts'
import type { Report } from '../../src/snapshot/report.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { recordingStore } from '../helpers/recording-store.ts'
import { contents, makePeer, makeState, openApp } from './app-state.ts'

const names = ['self', 'dns', 'peers', 'users', 'routes']

describe('store()', () => {
  it('tells the generation, what was written and removed, the bytes', async () => {
    const disk = new MemoryStore()
    const cache = openApp(disk)
    const state = makeState(1, 400)
    const first = await cache.store(state)
    const bytes = [...(await contents(disk)).values()].reduce((sum, value) => sum + value.byteLength, 0)
    expect(first).toEqual({ generation: 1, written: names, removed: [], bytes, skipped: false })
    state.peers![7]!.online = true
    state.dns = ['1.1.1.1']
    Reflect.deleteProperty(state, 'self')
    const second = await cache.store(state)
    expect(second).toMatchObject({ generation: 2, written: ['dns', 'peers'], removed: ['self'], skipped: false })
    expect(second.bytes).toBeLessThan(bytes / 10)
    expect(await cache.store(state)).toEqual({
      generation: 2,
      written: [],
      removed: [],
      bytes: 0,
      skipped: 'unchanged',
    })
  })

  it('writes a small change as one new key', async () => {
    const recording = recordingStore()
    const cache = openApp(recording.store)
    const state = makeState(1, 400)
    await cache.store(state)
    await cache.store({ ...state, dns: [] })
    recording.takeWrites()
    const from = recording.calls.length
    state.peers![3] = makePeer(3, { name: 'new' })
    await cache.store({ ...state, dns: [] })
    const writes = recording.calls.slice(from).filter(call => call.verb === 'store')
    expect(writes.map(call => call.key)).toEqual([expect.stringMatching(/^app\/@head\/000000000003-/)])
    expect(writes[0]!.value!.byteLength).toBeLessThan(4000)
  })

  for (const immutable of [false, true]) {
    it(`does not store a loaded state again, nor its copy (immutable: ${immutable})`, async () => {
      const recording = recordingStore()
      await openApp(recording.store, { immutable }).store(makeState(1, 30))
      const cache = openApp(recording.store, { immutable })
      const { state } = (await cache.load())!
      recording.takeWrites()
      expect(await cache.store(state)).toMatchObject({ generation: 1, written: [], bytes: 0, skipped: 'cached' })
      expect(await cache.store(structuredClone(state))).toMatchObject({ generation: 1, skipped: 'unchanged' })
      const other = openApp(recording.store, { immutable })
      expect(await other.store(state)).toMatchObject({ generation: 1, skipped: 'unchanged' })
      expect(recording.takeWrites()).toBe(0)
    })
  }

  it('stores a loaded state that was changed in place, at any depth', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1, 30))
    const cache = openApp(disk)
    const { state } = (await cache.load())!
    state.peers![20]!.tags = ['deep']
    expect(await cache.store(state)).toMatchObject({ written: ['peers'], skipped: false })
    state.peers![20]!.tags!.push('deeper')
    expect(await cache.store(state)).toMatchObject({ written: ['peers'], skipped: false })
    state.routes.set('new', 1)
    expect(await cache.store(state)).toMatchObject({ written: ['routes'] })
    expect((await openApp(disk).load())?.state).toStrictEqual(state)
  })

  it('writes again what somebody removed, without being told', async () => {
    const disk = new MemoryStore()
    const cache = openApp(disk)
    const state = makeState(1, 400)
    await cache.store(state)
    for (const key of (await contents(disk)).keys()) if (key.startsWith('app/peers/')) await disk.remove(key)
    expect(await cache.store(state)).toMatchObject({ skipped: false, written: expect.arrayContaining(['peers']) })
    expect((await openApp(disk).load())?.state).toStrictEqual(state)
  })

  it('keeps two generations, and more only while views are open', async () => {
    const cache = openApp(bareStore())
    for (let tick = 0; tick < 5; tick++) await cache.store(makeState(tick))
    expect((await cache.generations()).map(({ generation }) => generation)).toEqual([5, 4])
  })
})

describe('load()', () => {
  it('gives undefined, and no report, where nothing is stored', async () => {
    const reports: Report[] = []
    const cache = openApp(new MemoryStore(), { onReport: report => reports.push(report) })
    expect(await cache.load()).toBeUndefined()
    expect(await cache.view()).toBeUndefined()
    expect(await cache.generations()).toEqual([])
    expect(await cache.verify()).toEqual({ ok: true, whole: [], problems: [], unused: [] })
    await cache.clear()
    expect(reports).toEqual([])
  })

  it('says how old the state is, by the clock of the caller', async () => {
    let now = 1_000_000
    const cache = openApp(new MemoryStore(), { now: () => now })
    await cache.store(makeState(1))
    now += 5000
    const snapshot = await cache.load()
    expect(snapshot).toMatchObject({ cached: true, savedAt: new Date(1_000_000), ageMs: 5000, generation: 1 })
    expect(snapshot?.report).toEqual({ problems: [], fallback: false })
    expect((await cache.generations())[0]).toMatchObject({
      generation: 1,
      ageMs: 5000,
      schemaVersion: 0,
      columns: names,
    })
  })

  it('has an age that is never negative, and says when the clock went back', async () => {
    let now = 10_000_000
    const reports: Report[] = []
    const cache = openApp(new MemoryStore(), { now: () => now, maxStaleMs: 1000, onReport: one => reports.push(one) })
    await cache.store(makeState(1))
    now -= 50_000
    expect(await cache.load()).toMatchObject({ ageMs: 0, report: { problems: [] } })
    now -= 50_000
    expect(await cache.load()).toMatchObject({ ageMs: 0, report: { problems: [{ code: 'CLOCK_SKEW' }] } })
    expect(reports).toHaveLength(1)
    expect((await cache.view())?.ageMs).toBe(0)
    expect((await cache.generations())[0]?.ageMs).toBe(0)
    // The order of snapshots is that of their generations, whatever the clock does.
    await cache.store(makeState(2))
    expect((await cache.load())?.state).toStrictEqual(makeState(2))
  })

  it('refuses what is older than maxStaleMs; an unchanged store keeps it fresh, a loaded state does not', async () => {
    let now = 1_000_000
    const reports: Report[] = []
    const options = { now: () => now, maxStaleMs: 1000, onReport: (one: Report) => reports.push(one) }
    const cache = openApp(new MemoryStore(), options)
    const state = makeState(1)
    await cache.store(state)
    now += 900
    expect(await cache.store(state)).toMatchObject({ generation: 2, written: [], skipped: false })
    now += 900
    const loaded = (await cache.load())!
    expect(loaded.ageMs).toBe(900)
    expect((await cache.store(loaded.state)).skipped).toBe('cached')
    now += 101
    expect(await cache.load()).toBeUndefined()
    expect(reports.at(-1)?.problems.map(({ code }) => code)).toContain('TOO_STALE')
    expect(await cache.view()).toBeUndefined()
  })

  it('counts a loaded state that was changed and stored as the state of the application', async () => {
    let now = 1_000_000
    const cache = openApp(new MemoryStore(), { now: () => now, maxStaleMs: 1000 })
    await cache.store(makeState(1))
    const { state } = (await cache.load())!
    state.self.tick = 5
    await cache.store(state)
    now += 900
    await cache.store(state)
    now += 900
    expect((await cache.load())?.state).toStrictEqual(state)
  })

  it('with columns reads the head and the keys of these columns, nothing else', async () => {
    const recording = recordingStore()
    const state = makeState(1, 400)
    await openApp(recording.store).store(state)
    const cache = openApp(recording.store)
    recording.takeLoads()
    const part = await cache.load({ columns: ['self', 'users'] })
    expect(part?.state).toStrictEqual({ self: state.self, users: state.users })
    const loads = recording.takeLoads()
    expect(loads.filter(key => !key.startsWith('app/@head/') && !key.startsWith('app/users/'))).toEqual([])
    expect(loads.filter(key => key.startsWith('app/@head/'))).toHaveLength(1)
    expect(await cache.load({ columns: [] })).toMatchObject({ state: {} })
    expect(recording.takeLoads()).toHaveLength(1)
  })

  it('with a column that is not there says so and gives the others', async () => {
    const cache = openApp(new MemoryStore())
    await cache.store(makeState(1))
    const part = await cache.load({ columns: ['dns', 'nope' as 'self'] })
    expect(part?.state).toStrictEqual({ dns: makeState(1).dns })
    expect(part?.report.problems).toMatchObject([{ code: 'COLUMN_MISSING', column: 'nope' }])
  })

  it('gives objects that are the caller’s: two loads share nothing', async () => {
    const cache = openApp(new MemoryStore())
    await cache.store(makeState(1))
    const one = (await cache.load())!.state
    one.peers!.pop()
    one.users['u0']!.seen = 99
    expect((await cache.load())?.state).toStrictEqual(makeState(1))
  })

  it('rejects with the error of a store that cannot be read', async () => {
    const failing = Object.assign(Object.create(bareStore()), {
      list: () => {
        throw new Error('the cable is out')
      },
    })
    await expect(openApp(failing).load()).rejects.toThrow('the cable is out')
  })
})

describe('progress', () => {
  for (const batched of [false, true]) {
    it(`of a store and of a load counts the segments of each column (batch: ${batched})`, async () => {
      const disk = new MemoryStore()
      const cache = openApp(batched ? disk : bareStore(disk))
      for (const call of ['store', 'load', 'verify'] as const) {
        const seen: Progress[] = []
        const onProgress = (progress: Progress): number => seen.push(progress)
        if (call === 'store') await cache.store(makeState(1, 3000), { onProgress })
        else await cache[call]({ onProgress })
        const peers = seen.filter(({ column }) => column === 'peers')
        expect(peers.length, call).toBeGreaterThan(1)
        expect(
          peers.map(({ done }) => done),
          call,
        ).toEqual(peers.map((_, i) => i + 1))
        expect(new Set(peers.map(({ total }) => total)), call).toEqual(new Set([peers.length]))
      }
    })
  }
})

describe('several caches in one store', () => {
  it('do not see each other, also where one name is a part of another', async () => {
    const disk = new MemoryStore()
    const all = ['app', 'app/peers', 'ap', 'app/@head', 'app/@try', 'ä', '__proto__', 'a%2Fb', 'CON', '..']
    for (const [i, name] of all.entries()) await openApp(disk, { name }).store(makeState(i, 60))
    for (const [i, name] of all.entries()) {
      expect((await openApp(disk, { name }).load())?.state, name).toStrictEqual(makeState(i, 60))
      expect(await openApp(disk, { name }).verify(), name).toMatchObject({ ok: true, unused: [], whole: [1] })
    }
    await openApp(disk, { name: 'app' }).clear()
    for (const [i, name] of all.entries()) {
      const found = (await openApp(disk, { name }).load())?.state
      expect(found, name).toStrictEqual(name === 'app' ? undefined : makeState(i, 60))
    }
  })
})
