import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { type Lie, lies, lyingStore } from '../helpers/lying-store.ts'
import { type AppState, contents, makeState, openApp, putBack } from '../snapshot/app-state.ts'
import { expectTidy, indexOfState } from '../snapshot/expect-whole.ts'
import { useSmallLimits } from '../snapshot/small-limits.ts'
import { makeScenes, type Scene } from './scenes.ts'

useSmallLimits()

const ways: [string, SnapshotCacheOptions<AppState>, boolean][] = [
  ['four methods', {}, false],
  ['four methods, immutable', { immutable: true }, false],
  ['batch', {}, true],
]

/** Every state that some head on `disk` stands for, and nothing. */
async function statesOn(disk: Store, options: SnapshotCacheOptions<AppState>): Promise<(AppState | undefined)[]> {
  const copy = new MemoryStore()
  await putBack(copy, await contents(disk))
  const states: (AppState | undefined)[] = [undefined]
  for (const { generation } of await openApp(copy, options).generations()) {
    const state = (await openApp(copy, options).load())?.state
    if (!states.some(known => isDeepStrictEqual(known, state))) states.push(state)
    const id = generation.toString(16).padStart(12, '0')
    for (const key of (await contents(copy)).keys()) if (key.startsWith(`app/@head/${id}`)) await copy.remove(key)
  }
  return states
}

async function expectCacheError(calling: Promise<unknown>, at: string): Promise<void> {
  await calling.catch((error: unknown) => {
    // That a load may come back empty-handed is what a lie is about.
    if (error instanceof Error && error.message.includes('passed for a miss')) return
    expect(error, at).toMatchObject({ name: 'CacheError' })
  })
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 25; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** Runs one step in which call `lieAt` is a lie; `false` once that is beyond the last call. */
async function runLie(
  scene: Scene,
  [, options, batched]: (typeof ways)[number],
  lie: Lie,
  lieAt: number,
): Promise<boolean> {
  const { step, state } = scene
  const at = `"${lie.title}" at call ${lieAt} of "${step.title}"`
  const disk = new MemoryStore()
  await putBack(disk, scene.contents)
  const lying = lyingStore(disk, lie, lieAt, batched)
  let nowMs = 1_800_000_000_000
  const cache = openApp(lying.store, { ...options, now: () => nowMs })
  const isLoadedFirst = lieAt % 3 !== 0
  if (isLoadedFirst) await cache.load()
  const before = await statesOn(disk, options)
  lying.arm()
  await expectCacheError(step.run(cache, state), at)
  if (!lying.hasLied()) return false
  await settle()
  // Whatever was said, each load is one of the states that were stored, whole, or nothing.
  const possible = [...before, ...before.flatMap(known => (canFollow(step.title, known) ? [step.next(known)] : []))]
  for (const loader of [cache, openApp(disk, options)]) {
    expect(indexOfState(possible, (await loader.load())?.state), at).toBeGreaterThanOrEqual(0)
  }
  nowMs += 5000
  for (const next of [makeState(55, 7), makeState(56, 6)]) {
    await cache.store(next)
    expect((await openApp(disk, options).load())?.state, `${at}: the next store`).toStrictEqual(next)
  }
  await expectTidy(batched ? disk : bareStore(disk), at, options)
  return true
}

// A partial write needs something to build on.
function canFollow(title: string, state: AppState | undefined): boolean {
  return state !== undefined || title.includes('store')
}

describe.each(ways)('a store that lies, %s', (...way) => {
  it.each(lies)('$title, at call 1, 2, 3, ... of every step', async lie => {
    let runs = 0
    for (const scene of await makeScenes(way[1], way[2])) {
      for (let lieAt = 1; await runLie(scene, way, lie, lieAt); lieAt++) runs++
    }
    const [, , batched] = way
    const neverAsked = batched ? ['remove'] : ['loadMany', 'batch']
    expect(runs).toBeGreaterThanOrEqual(lie.verbs.every(verb => neverAsked.includes(verb)) ? 0 : 3)
  })
})
