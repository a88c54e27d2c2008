import type { Store } from '../store/store.ts'
import { violation } from './assert.ts'
import { type CrashRule, crashRules } from './crash-rules.ts'
import {
  type CrashState,
  type CrashStep,
  crashCacheName,
  crashWorkloads,
  makeCrashState,
  openCrashCache,
} from './crash-workloads.ts'
import type { CaseContext } from './rule-cases.ts'
import { bytesOf, keysOf } from './samples.ts'
import type { OpenStore, StoreHandle } from './store-case.ts'
import { watchedStore } from './watched-store.ts'
import { withHandle } from './with-handle.ts'

/** One case of {@link crashCases}. */
export interface CrashCase {
  /** The rule that the case proves. */
  readonly id: CrashRule
  /** Rule id, and what is proved. */
  readonly title: string
  /**
   * Does the workload of the case, with a death after operation 1, 2, 3 ...; rejects with an Error that says rule,
   * operation, found and wanted. If the handle has neither `fork` nor `crash` nor `reopen`, it calls `skip(reason)` of
   * the context if there is one, and resolves.
   */
  run(context?: CaseContext): Promise<void>
}

/**
 * Proves that a {@link SnapshotCache} over a store survives the death of its process, as cases for any test runner:
 *
 *     for (const { title, run } of crashCases(openMyStore)) test(title, run)
 *
 * After each single `store`, `remove` and `batch` a new process is played: its load must give the last acknowledged
 * state or the one in flight, its next store must succeed, and its sweep must leave nothing that no snapshot needs.
 *
 * How the death comes depends on the handle. With `fork` one run is copied after each operation; else there is one run
 * for each operation, on a store of its own from `open`, which ends with `crash`, or, where that is missing, `reopen`.
 */
export function crashCases(open: OpenStore): readonly CrashCase[] {
  if (typeof open !== 'function') throw new TypeError(`open must be a function, received ${typeof open}`)
  return (Object.keys(crashRules) as CrashRule[]).map(id => ({
    id,
    title: `${id} ${crashRules[id]}`,
    run: context => runCase(id, open, context),
  }))
}

const bystander = `${crashCacheName}-not`

/** Thrown at a process that is dead. */
class Dead extends Error {}

/** What may be loaded now. */
interface Allowed {
  readonly step: CrashStep
  readonly states: readonly (CrashState | undefined)[]
}

async function runCase(id: CrashRule, open: OpenStore, context: CaseContext | undefined): Promise<void> {
  const steps = crashWorkloads[id]()
  let how: 'fork' | 'crash' | 'reopen' | undefined
  let operations = 0
  await withHandle(open, async handle => {
    how = handle.fork ? 'fork' : handle.crash ? 'crash' : handle.reopen ? 'reopen' : undefined
    if (how === 'fork') await forkAfterEach(id, handle, steps)
    else if (how === 'crash' || how === 'reopen') operations = await countOperations(handle.store, steps)
  })
  if (how === undefined) context?.skip?.('handle has no fork(), crash() or reopen()')
  for (let deathAfter = 0; deathAfter <= operations && operations > 0; deathAfter++) {
    await withHandle(open, handle => dieAfter(id, handle, steps, deathAfter))
  }
}

async function countOperations(store: Store, steps: readonly CrashStep[]): Promise<number> {
  let operations = 0
  const counting = watchedStore(store, async (_, run) => {
    operations++
    await run()
  })
  for (const step of steps) await step.run(openCrashCache(counting, step.options), counting)
  return operations
}

/** One run, and after each operation a look at a copy of the medium. */
async function forkAfterEach(id: CrashRule, handle: StoreHandle, steps: readonly CrashStep[]): Promise<void> {
  await handle.store.store(bystander, bytesOf(bystander))
  let allowed: Allowed | undefined
  let operations = 0
  let tail: Promise<void> = Promise.resolve()
  const look = async (what: string): Promise<void> => {
    const at = `after operation ${operations}, ${what}, in ${allowed!.step.title}`
    await withHandle(
      () => handle.fork!(),
      fork => examine(id, fork.store, allowed!, at),
    )
  }
  // One operation at a time: a copy of a medium that moves would be no copy.
  const watched = watchedStore(handle.store, (what, run) => {
    const turn = tail.then(async () => {
      await run()
      operations++
      await look(what)
    })
    tail = turn.catch(() => undefined)
    return turn
  })
  let before: CrashState | undefined
  for (const step of steps) {
    allowed = { step, states: [before, step.after] }
    await step.run(openCrashCache(watched, step.options), watched)
    before = step.after
    allowed = { step, states: [before] }
    await look('acknowledged')
  }
}

/** One run that ends after so many operations. */
async function dieAfter(
  id: CrashRule,
  handle: StoreHandle,
  steps: readonly CrashStep[],
  deathAfter: number,
): Promise<void> {
  await handle.store.store(bystander, bytesOf(bystander))
  let operations = 0
  let last = 'none'
  const dying = watchedStore(handle.store, async (what, run) => {
    if (operations >= deathAfter) throw new Dead('The process is dead')
    operations++
    last = what
    await run()
  })
  let before: CrashState | undefined
  let allowed: Allowed | undefined
  for (const step of steps) {
    allowed = { step, states: [before, step.after] }
    try {
      const result = await step.run(openCrashCache(dying, step.options), dying)
      // A death in the sweep is not the caller's to know.
      allowed = { step, states: [step.after] }
      if (hasSweepError(result)) break
    } catch (error) {
      if (!(error instanceof Dead)) throw error
      break
    }
    before = step.after
  }
  const store = await (handle.crash ?? handle.reopen)!.call(handle)
  await examine(id, store, allowed!, `after operation ${deathAfter}, ${last}, in ${allowed!.step.title}`)
}

function hasSweepError(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'sweepError' in result && result.sweepError !== undefined
}

/** What the next process sees, and what it leaves. */
async function examine(id: CrashRule, store: Store, { step, states }: Allowed, at: string): Promise<void> {
  const cache = openCrashCache(store, step.options)
  const found = (await cache.load())?.state
  if (states.every(state => JSON.stringify(state) !== JSON.stringify(found))) {
    throw violation(id, at, describe(found), states.map(describe).join(' or '))
  }
  const next = makeCrashState(77)
  const { sweepError } = await cache.store(next)
  if (sweepError !== undefined) throw violation(id, `${at}: the next sweep`, String(sweepError), 'success')
  const after = openCrashCache(store, step.options)
  const loaded = (await after.load())?.state
  if (JSON.stringify(loaded) !== JSON.stringify(next)) {
    throw violation(id, `${at}: the next store`, describe(loaded), describe(next))
  }
  const { ok, whole, unused } = await after.verify()
  if (!ok || unused.length > 0 || whole.length > 2) {
    const left = `${whole.length} snapshots and ${unused.length} keys that none of them needs`
    throw violation(id, `${at}: after the next store`, left, 'at most 2 snapshots and nothing else')
  }
  const others = (await keysOf(store)).filter(key => !key.startsWith(`${crashCacheName}/`))
  if (others.join() !== bystander) throw violation(id, `${at}: keys of others`, others.join(), bystander)
}

function describe(state: CrashState | undefined): string {
  if (state === undefined) return 'nothing'
  const { self, text, peers, users } = state
  const names = [...new Set(peers.map(({ name }) => name.split('-')[0]))]
  const seen = [...new Set(Object.values(users).map(user => user.seen))]
  return `state ${self.tick} (text ${text.slice(0, 5)}, ${peers.length} peers of ${names.join('+')}, users of ${seen.join('+')})`
}
