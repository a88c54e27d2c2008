import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import { type Durability, FileStore } from '../../src/store/file-store.ts'
import { type AppState, makeState, openApp } from '../snapshot/app-state.ts'
import { expectTidy, indexOfState } from '../snapshot/expect-whole.ts'
import { useSmallLimits } from '../snapshot/small-limits.ts'
import { scratch } from '../store/scratch.ts'
import {
  expectTold,
  type FaultKind,
  FaultPlan,
  failedFlush,
  failsAfterwards,
  failsWith,
  falseWrite,
  finalOperations,
  refusesChanges,
  shortWrite,
  transientCodes,
} from './operation-faults.ts'
import { makeScenes, type Scene } from './scenes.ts'
import { withoutPauses } from './without-pauses.ts'

useSmallLimits()
withoutPauses()

const kinds: readonly FaultKind[] = [
  failsWith('ENOSPC', 'STORE_FULL'),
  failsWith('EIO', 'IO'),
  failsWith('EMFILE', 'IO'),
  failsWith('EACCES', 'NO_ACCESS'),
  failsWith('EPERM', 'NO_ACCESS'),
  failsWith('EROFS', 'READ_ONLY'),
  failsWith('EINTR', 'IO'),
  refusesChanges('ENOSPC', 'STORE_FULL'),
  refusesChanges('EROFS', 'READ_ONLY'),
  failsAfterwards,
  shortWrite,
  falseWrite,
  failedFlush,
]

const steps = ['first store', 'a change that spills', 'patch 6', 'another base', 'clear']

const ways: [Durability, SnapshotCacheOptions<AppState>][] = [
  ['power', {}],
  ['process', { immutable: true }],
]

function fill(dir: string, contents: Scene['contents']): void {
  fs.rmSync(dir, { recursive: true, force: true })
  fs.mkdirSync(dir, { mode: 0o700 })
  for (const [key, bytes] of contents) {
    fs.writeFileSync(join(dir, Buffer.from(key).toString('hex')), bytes, { mode: 0o600 })
  }
}

/** What a process of its own finds. */
async function reload(dir: string, options: SnapshotCacheOptions<AppState>): Promise<AppState | undefined> {
  await using store = await FileStore.open(dir, { readOnly: true })
  return (await openApp(store, options).load())?.state
}

// Whoever can be asked again is: the caller does not hear of it.
function passes(kind: FaultKind, plan: FaultPlan): boolean {
  if (kind === shortWrite) return true
  return transientCodes.includes(kind.code ?? '') && plan.hit !== undefined && !finalOperations.includes(plan.hit)
}

/** Runs one step with one fault; `false` once `failAt` is beyond its last call. */
async function runFault(
  dir: string,
  { step, state, contents }: Scene,
  [durability, options]: (typeof ways)[number],
  kind: FaultKind,
  failAt: number,
  forGood: boolean,
): Promise<boolean> {
  const at = `${kind.title} at call ${failAt}${forGood ? ' and from then on' : ''}, in "${step.title}"`
  fill(dir, contents)
  const plan = new FaultPlan(kind, failAt, forGood)
  await using store = await FileStore.open(dir, { durability, io: plan.system })
  let nowMs = 1_800_000_000_000
  const cache = openApp(store, { ...options, now: () => nowMs })
  expect((await cache.load())?.state).toStrictEqual(state)
  const next = step.next(state)
  plan.arm()
  const failed = await step.run(cache, state).then(
    result => ({ error: undefined, result }),
    error => ({ error, result: undefined }),
  )
  if (plan.hit === undefined) return false
  if (!forGood && passes(kind, plan)) expect(failed.error, at).toBeUndefined()
  if (failed.error !== undefined) expectTold(failed.error, kind, at)
  const { sweepError } = (failed.result ?? {}) as { sweepError?: unknown }
  if (sweepError !== undefined) expectTold(sweepError, kind, at)
  const allowed = failed.error === undefined ? [next] : [state, next]
  if (kind.title.endsWith('for changes')) {
    expect(indexOfState(allowed, (await cache.load())?.state), `${at}: while it fails`).toBeGreaterThanOrEqual(0)
  }
  plan.heal()
  const found = await reload(dir, options)
  expect(indexOfState(allowed, found), `${at}: neither old nor new`).toBeGreaterThanOrEqual(0)
  // What is believed to be there is not: the next store has to look.
  const keys = fs.readdirSync(dir)
  if (failAt % 2 === 0 && keys.length > 0) fs.unlinkSync(join(dir, keys[(failAt >> 1) % keys.length]!))
  nowMs += 5000
  const wanted = found ?? makeState(55, 7)
  if (failed.error === undefined && found !== undefined) await step.run(cache, state).catch(() => undefined)
  await cache.store(wanted)
  expect(await reload(dir, options), `${at}: the next store`).toStrictEqual(wanted)
  // Costs as much as all the rest: every third run, which is another third for the next kind.
  const isThird = (failAt + kinds.indexOf(kind)) % 3 === 0
  if (isThird) await cache.store(makeState(56, 6))
  // Of calls that were made together one may have failed while others still try again: closing waits for them.
  await store.close()
  expect(plan.opened, `${at}: descriptors`).toEqual(new Set())
  if (!isThird) return true
  await using again = await FileStore.open(dir, { durability: 'process' })
  expect((await openApp(again, options).load())?.state, at).toStrictEqual(makeState(56, 6))
  await expectTidy(again, at, options)
  for (const name of fs.readdirSync(dir)) expect(name, `${at}: litter`).toMatch(/^617070/)
  return true
}

describe.each(ways)('a file system that fails, durability %s, %j', (...way) => {
  it.each(kinds)(
    '$title at call 1, 2, 3, ...: once, and for good',
    async kind => {
      const dir = join(scratch(), 'store')
      let runs = 0
      for (const scene of await makeScenes(way[1], false, steps)) {
        for (const forGood of [false, true]) {
          for (let failAt = 1; await runFault(dir, scene, way, kind, failAt, forGood); failAt++) runs++
        }
      }
      const flushes = kind === failedFlush && way[0] === 'process'
      expect(runs).toBeGreaterThanOrEqual(flushes ? 0 : 15)
    },
    300_000,
  )

  it.each(kinds)(
    '$title at call 1, 2, 3, ... of open: a typed error or a store, and later one that works',
    async kind => {
      const dir = join(scratch(), 'store')
      const [scene] = (await makeScenes(way[1], false, steps)).slice(1)
      for (const forGood of [false, true]) {
        for (let failAt = 1; ; failAt++) {
          const at = `${kind.title} at call ${failAt}`
          fill(dir, scene!.contents)
          fs.chmodSync(dir, 0o755)
          fs.writeFileSync(join(dir, `ff74${'0'.repeat(32)}`), 'left by a writer that died')
          const plan = new FaultPlan(kind, failAt, forGood)
          plan.arm()
          const opening = FileStore.open(dir, { durability: way[0], io: plan.system })
          const opened = await opening.catch((error: unknown) => {
            expectTold(error, kind, at)
            return undefined
          })
          await opened?.close()
          expect(plan.opened, at).toEqual(new Set())
          if (plan.hit === undefined) break
          expect(await reload(dir, way[1]), at).toStrictEqual(scene!.state)
          await using store = await FileStore.open(dir, { durability: 'process' })
          expect((await openApp(store, way[1]).load())?.state, at).toStrictEqual(scene!.state)
          expect(
            fs.readdirSync(dir).filter(name => name.startsWith('ff74')),
            at,
          ).toEqual([])
        }
      }
    },
  )
})
