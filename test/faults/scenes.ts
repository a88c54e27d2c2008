import { expect } from 'vitest'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { type AppState, contents, openApp } from '../snapshot/app-state.ts'
import { makeWorkload, type Step } from '../snapshot/workload.ts'

/** What is stored just before a step of the workload. */
export interface Scene {
  readonly step: Step
  readonly state: AppState | undefined
  readonly contents: ReadonlyMap<string, Uint8Array>
}

const loading: Step = {
  title: 'load',
  run: async (cache, state, signal) => {
    const found = (await cache.load({ signal }))?.state
    // An error would be the answer to a failure, a miss never is.
    if (state !== undefined && found === undefined) throw new Error('A load that failed passed for a miss')
  },
  next: state => state,
}

/** The scenes of the workload, those of `titles` only if given, and one more for a load. */
export async function makeScenes(
  options: SnapshotCacheOptions<AppState>,
  batched: boolean,
  titles?: readonly string[],
): Promise<Scene[]> {
  const disk = new MemoryStore()
  const cache = openApp(batched ? disk : bareStore(disk), options)
  const scenes: Scene[] = []
  let state: AppState | undefined
  for (const step of makeWorkload()) {
    const scene = { step, state, contents: await contents(disk) }
    if (titles === undefined || titles.includes(step.title)) scenes.push(scene)
    if (step.title === 'patch 6') scenes.push({ ...scene, step: loading })
    await step.run(cache, state)
    state = step.next(state)
  }
  expect(scenes.length).toBe(1 + (titles ?? makeWorkload()).length)
  return scenes
}
