import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import type { Store } from '../../src/store/store.ts'
import { type AppState, makeState, openApp } from './app-state.ts'

/** The place of `state` in `states`, or -1. Exact, except that the order of the fields does not count. */
export function indexOfState(states: readonly (AppState | undefined)[], state: AppState | undefined): number {
  return states.findIndex(one => isDeepStrictEqual(one, state))
}

/**
 * What a new process finds on `disk` must be one of `allowed`; a store must then work, be found again, and leave nothing
 * behind that no snapshot needs.
 */
export async function expectWhole(
  disk: Store,
  allowed: readonly (AppState | undefined)[],
  note: string,
  options: SnapshotCacheOptions<AppState> = {},
): Promise<void> {
  const cache = openApp(disk, options)
  const snapshot = await cache.load()
  expect(indexOfState(allowed, snapshot?.state), `${note}: neither the old nor the new state`).toBeGreaterThanOrEqual(0)
  const later = makeState(77, 6)
  const result = await cache.store(later)
  expect(result.skipped, note).toBe(false)
  expect(result.sweepError, note).toBeUndefined()
  expect((await openApp(disk, options).load())?.state, note).toStrictEqual(later)
  await expectTidy(disk, note, options)
}

/** Everything under the cache's name is whole and needed. */
export async function expectTidy(
  disk: Store,
  note: string,
  options: SnapshotCacheOptions<AppState> = {},
): Promise<void> {
  const { ok, unused } = await openApp(disk, options).verify()
  expect({ ok, unused }, note).toEqual({ ok: true, unused: [] })
}
