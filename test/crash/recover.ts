import type { Snapshot, SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import type { Store } from '../../src/store/store.ts'
import { makePeer, makeState } from '../snapshot/app-state.ts'
import { findGarbage } from './find-garbage.ts'
import { type Config, copyState, isSameState, type LifeState, makeBlob, openLife, renamed } from './life-state.ts'
import type { Medium } from './medium.ts'
import { patchPeers } from './steps.ts'

/** What the process after a crash found, and how it fared. */
export interface Recovery {
  readonly state: LifeState | undefined
  /** What the load had to pass over; empty where nothing was damaged. */
  readonly problems: readonly string[]
  /** Why the next write failed, did not come back or left garbage. */
  readonly failure: string | undefined
}

/** Wraps the store of a process; `run` before the crash, `recover` after it. */
export type StoreLayer = (store: Store, phase: 'run' | 'recover') => Store

/**
 * Starts again on `medium`: loads; then, unless `loadOnly`, writes once in the way that `choice` picks, sweeps, loads
 * again, and looks for garbage.
 */
export async function recover(
  medium: Medium,
  config: Config,
  layer: StoreLayer,
  choice: number,
  loadOnly = false,
): Promise<Recovery> {
  let snapshot: Snapshot<LifeState> | undefined
  let problems: string[] = []
  const onReport: Config['onReport'] = report => {
    problems = report.problems.map(problem => problem.code)
  }
  let store: Store
  const loading = { ...config, onReport }
  try {
    store = layer(await medium.open(), 'recover')
    snapshot = await openLife(store, loading).load()
  } catch (error) {
    return { state: undefined, problems, failure: `load: ${String(error)}` }
  }
  // What is handed out is the next write's to change.
  const state = snapshot === undefined ? undefined : copyState(snapshot.state)
  const found = problems
  try {
    const failure = loadOnly ? undefined : await writeAgain(medium, store, config, state, choice)
    return { state, problems: found, failure }
  } catch (error) {
    return { state, problems: found, failure: `next write: ${String(error)}` }
  }
}

async function writeAgain(
  medium: Medium,
  store: Store,
  config: Config,
  state: LifeState | undefined,
  choice: number,
): Promise<string | undefined> {
  const cache = openLife(store, config)
  const wanted = await writeOnce(cache, config, state, choice)
  if (typeof wanted === 'string') return wanted
  const problems: string[] = []
  const onReport: Config['onReport'] = report => void problems.push(...report.problems.map(({ code }) => code))
  const after = await openLife(store, { ...config, onReport }).load()
  if (!isSameState(after?.state, wanted)) return 'what was written next is not what is loaded then'
  if (problems.length > 0) return `the load after the next write met ${problems.join(', ')}`
  const strays = medium.strays()
  if (strays.length > 0) return `left in the directory: ${strays.join(', ')}`
  return await findGarbage(store, config)
}

/** Resolves to the state that must be stored now, or to what went wrong. */
async function writeOnce(
  cache: SnapshotCache<LifeState>,
  config: Config,
  state: LifeState | undefined,
  choice: number,
): Promise<LifeState | string> {
  const blob = config.codec === 'json' ? {} : { blob: makeBlob(77) }
  const other: LifeState = { ...makeState(77, 6), ...blob }
  let wanted = other
  let result: Awaited<ReturnType<typeof cache.store>>
  const peers = state?.peers ?? undefined
  if (choice % 4 === 0 || state === undefined || peers === undefined) {
    // A mark of a load may stand in the way of a snapshot that a patch would still build on.
    if (state === undefined && (config.poisonAfter ?? 0) === 0) {
      const code = await cache.update({ dns: [] }).then(
        () => 'success',
        (error: { code?: unknown }) => error.code,
      )
      if (code !== 'NOTHING_CACHED') return `update of nothing: ${String(code)}`
    }
    result = await cache.store(other)
  } else if (choice % 4 === 1) {
    // Loaded by the cache that stores: an immutable state is then compared by identity.
    const loaded = (await cache.load())!.state
    wanted = { ...loaded, peers: peers.map((peer, i) => (i === 1 ? renamed(peer, 78) : peer)), dns: ['78'] }
    result = await cache.store(wanted)
  } else if (choice % 4 === 2 && (config.poisonAfter ?? 0) === 0 && config.columns === undefined) {
    const set = [makePeer(3, { name: 'patched after the crash' }), makePeer(33)]
    wanted = { ...state, peers: patchPeers(peers, set, ['n1']) }
    result = await cache.patch('peers', { set, remove: ['n1'] })
  } else {
    wanted = { ...state, peers: [...peers].reverse(), self: { name: 'after the crash', tick: 79 } }
    result = await cache.store(wanted)
  }
  if (result.skipped !== false) return `the next write was skipped: ${result.skipped}`
  if (result.sweepError !== undefined) return `sweep: ${String(result.sweepError)}`
  return wanted
}
