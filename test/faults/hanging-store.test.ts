import { describe, expect, it } from 'vitest'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { hangingStore } from '../helpers/hanging-store.ts'
import { type AppState, makeState, openApp, putBack } from '../snapshot/app-state.ts'
import { expectTidy, indexOfState } from '../snapshot/expect-whole.ts'
import { useSmallLimits } from '../snapshot/small-limits.ts'
import { makeScenes, type Scene } from './scenes.ts'

useSmallLimits()

const ways: [string, SnapshotCacheOptions<AppState>, boolean][] = [
  ['four methods', {}, false],
  ['four methods, immutable', { immutable: true }, false],
  ['batch', {}, true],
]

// When the call that was given up takes effect after all.
const lateness = ['never', 'before the next store', 'after the next store'] as const

/** Runs one step of which call `hangAt` hangs until it is aborted; `false` once that is beyond the last call. */
async function runHang(
  { step, state, contents }: Scene,
  [, options, batched]: (typeof ways)[number],
  late: (typeof lateness)[number],
  hangAt: number,
): Promise<boolean> {
  const at = `call ${hangAt} of "${step.title}", late: ${late}`
  const disk = new MemoryStore()
  await putBack(disk, contents)
  const hanging = hangingStore(disk, hangAt, batched)
  const cache = openApp(hanging.store, options)
  if (hangAt % 2 === 0) await cache.load()
  hanging.arm()
  const controller = new AbortController()
  const running = step.run(cache, state, controller.signal).then(
    result => ({ result: result as { sweepError?: unknown } | undefined, error: undefined }),
    error => ({ result: undefined, error }),
  )
  const first = await Promise.race([hanging.hangs, running.then(() => 'through' as const)])
  if (first === 'through') return false
  controller.abort(new Error('enough'))
  const { result, error } = await running
  if (error !== undefined) expect(error, at).toMatchObject({ name: 'CacheError', code: 'ABORTED' })
  // A removal that hangs does not undo what is stored by then.
  else expect(result?.sweepError, at).toMatchObject({ name: 'CacheError', code: 'ABORTED' })
  const next = step.next(state)
  // Removals come after the commit, all else before; of a batch that was given up nobody knows.
  const isOpen = first === 'batch' || step.title === 'clear'
  const allowed = isOpen ? [state, next] : [first === 'remove' ? next : state]
  const found = (await openApp(disk, options).load())?.state
  expect(indexOfState(allowed, found), at).toBeGreaterThanOrEqual(0)
  if (late === 'before the next store') await hanging.finish()
  await cache.store(makeState(55, 7))
  if (late === 'after the next store') await hanging.finish()
  expect((await openApp(disk, options).load())?.state, at).toStrictEqual(makeState(55, 7))
  for (const tick of [56, 57]) await cache.store(makeState(tick, 6))
  expect((await openApp(disk, options).load())?.state, at).toStrictEqual(makeState(57, 6))
  await expectTidy(batched ? disk : bareStore(disk), at, options)
  return true
}

describe.each(ways)('a store that hangs until it is aborted, %s', (...way) => {
  it.each(lateness)('in call 1, 2, 3, ... of every step, which takes effect: %s', async late => {
    let runs = 0
    for (const scene of await makeScenes(way[1], way[2])) {
      for (let hangAt = 1; await runHang(scene, way, late, hangAt); hangAt++) runs++
    }
    expect(runs).toBeGreaterThan(60)
  })
})
