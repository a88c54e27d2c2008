import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { Report } from '../../src/snapshot/report.ts'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import type { StandardSchema } from '../../src/snapshot/standard-schema.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { type AppState, makeState, openApp } from './app-state.ts'

async function loadWith(
  disk: MemoryStore,
  options: SnapshotCacheOptions<AppState>,
): Promise<{ state: AppState | undefined; codes: string[]; messages: string[] }> {
  const reports: Report[] = []
  const snapshot = await openApp(disk, { ...options, onReport: report => reports.push(report) }).load()
  const problems = reports.flatMap(report => report.problems)
  return { state: snapshot?.state, codes: problems.map(one => one.code), messages: problems.map(one => one.message) }
}

describe('schemaVersion and migrate', () => {
  it('an older snapshot is migrated; without migrate, or when it throws, it is not loaded', async () => {
    const disk = new MemoryStore()
    await openApp(disk, { schemaVersion: 2 }).store(makeState(1))
    const seen: unknown[] = []
    const migrate = async (state: AppState, from: number): Promise<AppState> => {
      seen.push(structuredClone(state), from)
      return { ...state, dns: ['migrated'] }
    }
    const migrated = { ...makeState(1), dns: ['migrated'] }
    expect(await loadWith(disk, { schemaVersion: 3, migrate })).toMatchObject({ state: migrated, codes: [] })
    expect(seen).toStrictEqual([makeState(1), 2])
    expect(await loadWith(disk, { schemaVersion: 3 })).toMatchObject({ state: undefined, codes: ['SCHEMA_VERSION'] })
    const throwing = (): never => {
      throw new Error('no idea')
    }
    for (const broken of [throwing, async () => throwing(), () => null as never, () => 7 as never]) {
      const { state, codes } = await loadWith(disk, { schemaVersion: 3, migrate: broken })
      expect({ state, codes }).toEqual({ state: undefined, codes: ['MIGRATE_FAILED'] })
    }
    expect(await loadWith(disk, { schemaVersion: 2 })).toMatchObject({ state: makeState(1), codes: [] })
  })

  it('a newer snapshot is never loaded, and never migrated', async () => {
    const disk = new MemoryStore()
    await openApp(disk, { schemaVersion: 4 }).store(makeState(1))
    const migrate = (): never => expect.unreachable()
    const found = await loadWith(disk, { schemaVersion: 3, migrate })
    expect(found).toMatchObject({ state: undefined, codes: ['SCHEMA_VERSION'] })
    // What an older program stores then is its own.
    await openApp(disk, { schemaVersion: 3 }).store(makeState(2))
    expect(await loadWith(disk, { schemaVersion: 3 })).toMatchObject({ state: makeState(2), codes: [] })
  })

  it('partial loads and views see the migrated state; a partial write stores all of it', async () => {
    const disk = new MemoryStore()
    await openApp(disk, { schemaVersion: 1 }).store(makeState(1))
    const migrate = (state: AppState): AppState => ({ ...state, dns: ['m'], peers: state.peers!.slice(0, 2) })
    const cache = openApp(disk, { schemaVersion: 2, migrate })
    expect((await cache.load({ columns: ['dns'] }))?.state).toStrictEqual({ dns: ['m'] })
    await using view = (await cache.view())!
    expect(await view.get('dns')).toEqual(['m'])
    expect(await view.keys('peers')).toEqual(['n0', 'n1'])
    expect(await view.element('peers', 'n1')).toStrictEqual(makeState(1).peers![1])
    expect(await view.element('peers', 'n2')).toBeUndefined()
    await cache.patch('peers', { remove: ['n0'] })
    const wanted = { ...makeState(1), dns: ['m'], peers: makeState(1).peers!.slice(1, 2) }
    expect(await loadWith(disk, { schemaVersion: 2 })).toMatchObject({ state: wanted, codes: [] })
  })

  it('a migrated state is stored once, and by that is no fresher', async () => {
    let now = 1_000_000
    const disk = new MemoryStore()
    await openApp(disk, { now: () => now }).store(makeState(1))
    now += 5000
    const cache = openApp(disk, { now: () => now, schemaVersion: 1, migrate: (state: AppState) => state })
    const { state } = (await cache.load())!
    expect(await cache.store(state)).toMatchObject({ generation: 2, skipped: false })
    expect(await cache.load()).toMatchObject({ ageMs: 5000, generation: 2 })
    expect((await cache.store(state)).skipped).toBe('cached')
  })
})

describe('schemas', () => {
  const dns = v.array(v.string())
  const tags = v.exactOptional(v.array(v.string()))
  const peers = v.nullable(v.array(v.object({ id: v.string(), name: v.string(), online: v.boolean(), tags })))

  it('of valibot let through what fits and refuse the snapshot with the path of what does not', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1))
    expect(await loadWith(disk, { schemas: { dns, peers } })).toMatchObject({ state: makeState(1), codes: [] })
    const bad = makeState(2)
    bad.peers![3]!.name = 7 as never
    await openApp(disk).store(bad)
    const found = await loadWith(disk, { schemas: { dns, peers } })
    expect(found).toMatchObject({ state: makeState(1), codes: ['SCHEMA_INVALID'] })
    expect(found.messages[0]).toMatch(/"peers": 3\.name/)
    const part = await openApp(disk, { schemas: { peers } }).load({ columns: ['dns'] })
    expect(part?.state).toStrictEqual({ dns: bad.dns })
    const view = (await openApp(disk, { schemas: { peers } }).view())!
    await expect(view.get('peers')).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(await view.get('dns')).toEqual(bad.dns)
  })

  it('made by hand may be asynchronous, change the value, or throw', async () => {
    const disk = new MemoryStore()
    await openApp(disk).store(makeState(1))
    const make = (validate: StandardSchema<string[]>['~standard']['validate']): StandardSchema<string[]> => ({
      '~standard': { version: 1, vendor: 'test', validate },
    })
    const upper = make(async value => ({ value: (value as string[]).map(one => one.toUpperCase()) }))
    for (const immutable of [false, true]) {
      const { state, codes } = await loadWith(disk, { immutable, schemas: { dns: upper } })
      expect({ state, codes }).toStrictEqual({
        state: { ...makeState(1), dns: ['100.100.100.100', 'TICK-1'] },
        codes: [],
      })
    }
    const throwing = make(() => {
      throw new Error('broken schema')
    })
    expect(await loadWith(disk, { schemas: { dns: throwing } })).toMatchObject({ codes: ['SCHEMA_INVALID'] })
    const silent = make(() => ({ issues: [] }))
    expect(await loadWith(disk, { schemas: { dns: silent } })).toMatchObject({ state: undefined })
  })
})
