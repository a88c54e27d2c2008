import { describe, expect, it } from 'vitest'
import type { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import type { StoreResult } from '../../src/snapshot/store-state.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from '../helpers/intercepted-store.ts'
import { type AppState, makeState, openApp } from './app-state.ts'

type Write = (cache: SnapshotCache<AppState>) => Promise<StoreResult>

const unwritten = { written: [], removed: [] }
const ways: readonly (readonly [name: string, write: Write])[] = [
  ['store', cache => cache.store(makeState(2))],
  ['update', cache => cache.update(makeState(2))],
  ['patch', cache => cache.patch('peers', { set: makeState(2).peers! })],
]
const cases = ways.flatMap(([name, write]) =>
  [false, true].flatMap(immutable =>
    [InterceptedStore, InterceptedBatchStore].map(Intercepted => ({ name, write, immutable, Intercepted })),
  ),
)

// As where the flush after the last rename fails: the snapshot is there, and may not be after a loss of power.
function setUp(Intercepted: typeof InterceptedStore = InterceptedStore) {
  const faults = { ofHeads: 'none' as 'none' | 'before' | 'after', writes: 0 }
  const store = new Intercepted(new MemoryStore(), async (call: StoreCall, run) => {
    const isHead = call.isWrite && call.key.includes('@head/')
    if (isHead && faults.ofHeads === 'before') throw new Error('disk full')
    const result = await run()
    if (call.isWrite) faults.writes++
    if (isHead && faults.ofHeads === 'after') throw new Error('not flushed')
    return result
  })
  return { store, faults }
}

describe('a commit that fails although it is there', () => {
  it.each(cases)('is done again by the same $name; immutable: $immutable, $Intercepted.name', async scene => {
    const { write, immutable, Intercepted } = scene
    const { store, faults } = setUp(Intercepted)
    const cache = openApp(store, { immutable })
    await cache.store(makeState(1))
    faults.ofHeads = 'after'
    await expect(write(cache)).rejects.toThrow('not flushed')
    faults.ofHeads = 'none'
    expect((await cache.load())?.generation).toBe(2)
    faults.writes = 0
    expect(await write(cache)).toMatchObject({ ...unwritten, skipped: false })
    expect(faults.writes).toBeGreaterThan(0)
    faults.writes = 0
    expect(await write(cache)).toMatchObject({ ...unwritten, bytes: 0, skipped: 'unchanged' })
    expect(faults.writes).toBe(0)
  })

  it('is still in doubt after others that failed before they were there, and for another cache of the store', async () => {
    const { store, faults } = setUp()
    const cache = openApp(store)
    await cache.store(makeState(1))
    faults.ofHeads = 'after'
    await expect(cache.store(makeState(2))).rejects.toThrow('not flushed')
    faults.ofHeads = 'before'
    await expect(cache.store(makeState(2))).rejects.toThrow('disk full')
    await expect(cache.store(makeState(2))).rejects.toThrow('disk full')
    faults.ofHeads = 'none'
    const other = openApp(store)
    expect(await other.store(makeState(2))).toMatchObject({ ...unwritten, skipped: false })
    expect(await cache.store(makeState(2))).toMatchObject({ bytes: 0, skipped: 'unchanged' })
    expect(await other.store(makeState(2))).toMatchObject({ bytes: 0, skipped: 'unchanged' })
  })

  it('is done again where the very state that a load gave is stored, and does not become fresher', async () => {
    const { store, faults } = setUp()
    const clock = { nowMs: 1_000_000 }
    const cache = openApp(store, { immutable: true, now: () => clock.nowMs })
    await cache.store(makeState(1))
    faults.ofHeads = 'after'
    await expect(cache.store(makeState(2))).rejects.toThrow('not flushed')
    faults.ofHeads = 'none'
    clock.nowMs += 500
    const { state } = (await cache.load())!
    expect(await cache.store(state)).toMatchObject({ ...unwritten, skipped: false })
    expect((await cache.load())?.savedAt.getTime()).toBe(1_000_000)
    expect(await cache.store(state)).toMatchObject({ bytes: 0, skipped: 'cached' })
  })
})
