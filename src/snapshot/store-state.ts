import { CacheError } from '../errors.ts'
import type { CallOptions } from './call-options.ts'
import type { PlanOptions, StatePlan } from './plan-columns.ts'
import { planState } from './plan-columns.ts'
import { HeadProblem } from './report.ts'
import type { SnapshotWriter } from './snapshot-writer.ts'

/** What a store, update or patch did. */
export interface StoreResult {
  /** The generation that is now the newest of this cache. */
  readonly generation: number
  /** Names of the columns that were written, whole or in part. */
  readonly written: readonly string[]
  /** Names of the columns that were stored and are not any more. */
  readonly removed: readonly string[]
  /** Bytes written, head included. */
  readonly bytes: number
  /**
   * Why nothing was written: the state equals what is stored; it is a state that came from a load; or a later call
   * overtook this one, and the result is of that call. `false` if something was written.
   */
  readonly skipped: false | 'unchanged' | 'cached' | 'superseded'
  /** An error that kept old keys from being removed. The state is stored all the same, and the next write tries again. */
  readonly sweepError?: unknown
}

export interface StoreRules extends PlanOptions {
  readonly schemaVersion: number
  readonly maxStaleMs: number
  readonly now: () => number
}

/** Makes `state` the snapshot. `isLoaded`: it came from a load of this cache. */
export async function storeState(
  writer: SnapshotWriter,
  state: object,
  isLoaded: boolean,
  rules: StoreRules,
  options: CallOptions,
): Promise<StoreResult> {
  const fields = state as Readonly<Record<string, unknown>>
  if (canSkip(writer, fields, isLoaded, rules)) return skipped(writer, isLoaded)
  try {
    return await storeChanges(writer, fields, isLoaded, rules, options)
  } catch (error) {
    writer.forget()
    if (!(error instanceof HeadProblem)) throw error
  }
  // What is stored broke under this cache. Now that nothing is believed, what cannot be read is written whole.
  return await storeChanges(writer, fields, isLoaded, rules, options).catch(error => {
    writer.forget()
    throw asCacheError(error)
  })
}

async function storeChanges(
  writer: SnapshotWriter,
  fields: Readonly<Record<string, unknown>>,
  isLoaded: boolean,
  rules: StoreRules,
  options: CallOptions,
): Promise<StoreResult> {
  const inventory = await writer.check(options.signal)
  await writer.learn(Object.keys(fields), options.signal)
  const belief = writer.mustRewrite ? undefined : writer.belief
  const plan = planState(fields, belief?.head, belief?.columns ?? new Map(), rules)
  // A newer head that cannot be used is a reason to write: every load would stumble over it.
  const isNewest = belief !== undefined && inventory.heads[0]?.key === writer.source.keys.head(belief.head)
  if (isNewest && !needsCommit(writer, plan, isLoaded, rules)) {
    writer.confirmHead(plan.beliefs)
    return skipped(writer, isLoaded)
  }
  // A cached state that is only written in another form does not become fresher by that.
  const isAsOld = isLoaded && belief !== undefined && plan.written.length === 0 && plan.removed.length === 0
  const savedAtMs = isAsOld ? belief.head.savedAtMs : rules.now()
  const written = await writer.commit(plan.columns, plan.beliefs, inventory, options, savedAtMs)
  return { ...written, written: plan.written, removed: plan.removed, skipped: false }
}

/** What a caller is told of an error met inside. */
export function asCacheError(error: unknown): unknown {
  if (!(error instanceof HeadProblem)) return error
  return new CacheError('CORRUPT', error.message, { cause: error.problem.cause, key: error.problem.key })
}

function skipped(writer: SnapshotWriter, isLoaded: boolean): StoreResult {
  const { generation } = writer.belief!.head
  return { generation, written: [], removed: [], bytes: 0, skipped: isLoaded ? 'cached' : 'unchanged' }
}

// Without any I/O: every field is the very value that was stored or loaded.
function canSkip(
  writer: SnapshotWriter,
  fields: Readonly<Record<string, unknown>>,
  isLoaded: boolean,
  rules: StoreRules,
): boolean {
  const { belief } = writer
  if (belief === undefined || !writer.isTrusted || writer.mustRewrite || writer.isUncertain) return false
  if (belief.head.schemaVersion !== rules.schemaVersion || isGrowingStale(writer, isLoaded, rules)) return false
  const names = Object.keys(fields)
  if (names.length !== belief.head.columns.length) return false
  return names.every(name => {
    const known = belief.columns.get(name)
    return known?.hasValue === true && known.value === fields[name]
  })
}

function needsCommit(writer: SnapshotWriter, plan: StatePlan, isLoaded: boolean, rules: StoreRules): boolean {
  const { head } = writer.belief!
  const isChanged = plan.written.length > 0 || plan.removed.length > 0 || writer.isUncertain
  return isChanged || head.schemaVersion !== rules.schemaVersion || isGrowingStale(writer, isLoaded, rules)
}

// An unchanged state is as fresh as the last call that stored it. Its time is written again before a quarter of
// `maxStaleMs` is lost; a state that is itself the cached one is not fresh and gains no time.
function isGrowingStale(writer: SnapshotWriter, isLoaded: boolean, rules: StoreRules): boolean {
  if (isLoaded || rules.maxStaleMs === Number.POSITIVE_INFINITY) return false
  return Math.abs(rules.now() - writer.belief!.head.savedAtMs) > rules.maxStaleMs / 4
}

/** `NOTHING_CACHED`, for a partial write that has nothing to build on. */
export function nothingCached(cause?: unknown): CacheError {
  const message = 'Cannot write a part: no whole snapshot is stored to build on, store() one first'
  return new CacheError('NOTHING_CACHED', message, cause === undefined ? {} : { cause })
}
