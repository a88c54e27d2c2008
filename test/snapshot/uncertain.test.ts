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
describe('a commit that fails although it is there', () => {
  it.each(cases)('is done again by the same $name; immutable: $immutable, $Intercepted.name', async scene => {
    const { write, immutable, Intercepted } = scene
    let isBroken = false
    let writes = 0
    const store = new Intercepted(new MemoryStore(), async (call: StoreCall, run) => {
      const result = await run()
      if (call.isWrite) writes++
      if (isBroken && call.isWrite && call.key.includes('@head/')) throw new Error('not flushed')
      return result
    })
    const cache = openApp(store, { immutable })
    await cache.store(makeState(1))
    isBroken = true
    await expect(write(cache)).rejects.toThrow('not flushed')
    isBroken = false
    expect((await cache.load())?.generation).toBe(2)
    writes = 0
    expect(await write(cache)).toMatchObject({ ...unwritten, skipped: false })
    expect(writes).toBeGreaterThan(0)
    writes = 0
    expect(await write(cache)).toMatchObject({ ...unwritten, bytes: 0, skipped: 'unchanged' })
    expect(writes).toBe(0)
  })
})
