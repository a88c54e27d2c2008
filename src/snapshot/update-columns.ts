import { setOwn } from '../codec/set-own.ts'
import { findColumn } from './belief.ts'
import type { CallOptions } from './call-options.ts'
import type { ColumnPlan } from './commit.ts'
import type { OpenedHead } from './head-seal.ts'
import type { Inventory } from './inventory.ts'
import { loadState } from './load-state.ts'
import { planKept, planState } from './plan-columns.ts'
import { walkHeads } from './read-heads.ts'
import { HeadProblem } from './report.ts'
import type { SnapshotWriter, WriteRules } from './snapshot-writer.ts'
import { asCacheError, nothingCached, type StoreResult, storeState } from './store-state.ts'

/** Replaces the columns that `columns` names, on top of the newest snapshot. */
export async function updateColumns(
  writer: SnapshotWriter,
  columns: object,
  rules: WriteRules,
  options: CallOptions,
): Promise<StoreResult> {
  const names = Object.keys(columns)
  return await onSnapshot(writer, rules, options, names, {
    replaced: names,
    onState: state => {
      for (const [name, value] of Object.entries(columns)) setOwn(state, name, value)
    },
    onStored: async inventory => {
      const belief = writer.belief!
      const plan = planState(columns as Readonly<Record<string, unknown>>, belief.head, belief.columns, rules)
      if (plan.written.length === 0) return await endUnchanged(writer, inventory, options)
      const planned = new Map(plan.columns.map(column => [column.name, column]))
      const merged: ColumnPlan[] = belief.head.columns.map(stored => planned.get(stored.name) ?? planKept(stored))
      for (const column of plan.columns) if (findColumn(belief.head, column.name) === undefined) merged.push(column)
      const beliefs = new Map([...belief.columns, ...plan.beliefs])
      const written = await writer.commit(merged, beliefs, inventory, options)
      return { ...written, written: plan.written, removed: [], skipped: false }
    },
  })
}

/** Ends a partial write that changes nothing. What a commit that failed left is committed once more. */
export async function endUnchanged(
  writer: SnapshotWriter,
  inventory: Inventory,
  options: CallOptions,
): Promise<StoreResult> {
  const { head, columns } = writer.belief!
  const nothing = { written: [], removed: [] }
  if (!writer.isUncertain) return { ...nothing, generation: head.generation, bytes: 0, skipped: 'unchanged' }
  const written = await writer.commit(head.columns.map(planKept), columns, inventory, options, head.savedAtMs)
  return { ...nothing, ...written, skipped: false }
}

/** The two ways to write a part. */
export interface PartialWrite {
  /** Columns of which nothing that is stored is needed. */
  readonly replaced: readonly string[]
  /** Changes the whole state, where everything must be written anew: another key, or another schema version. */
  readonly onState: (state: Record<string, unknown>) => void
  /** Writes on top of what is stored; `learned` columns are known, if they can be read. */
  readonly onStored: (inventory: Inventory) => Promise<StoreResult>
}

const maxRounds = 5

/**
 * Does a partial write on top of the newest snapshot. Throws `NOTHING_CACHED` if there is none. What another writer sweeps
 * away meanwhile has a successor by then, on which the next round builds.
 */
export async function onSnapshot(
  writer: SnapshotWriter,
  rules: WriteRules,
  options: CallOptions,
  learned: readonly string[],
  write: PartialWrite,
): Promise<StoreResult> {
  let newest: string | undefined
  for (let round = 1; ; round++) {
    try {
      const inventory = await writer.check(options.signal)
      const isMoving = round < maxRounds && inventory.heads[0]?.key !== newest
      newest = inventory.heads[0]?.key
      await writer.ensureWhole(inventory, write.replaced, options.signal)
      const isNewest = newest === undefined || newest === headKey(writer)
      if (!isNewest && isMoving) continue
      if (!isNewest) return await writeOntoLoaded(writer, rules, options, write)
      return await writeOnto(writer, inventory, rules, options, learned, write)
    } catch (error) {
      writer.forget()
      const isSwept = error instanceof HeadProblem && error.problem.code === 'SEGMENT_MISSING'
      if (!isSwept || round === maxRounds) throw asCacheError(error)
    }
  }
}

function headKey({ belief, source }: SnapshotWriter): string | undefined {
  return belief === undefined ? undefined : source.keys.head(belief.head)
}

// Something of the newest snapshot is damaged. A load may still take it, since it leaves the index of an array unread: what
// was loaded is then what the caller's change is about, and the whole of it is written.
async function writeOntoLoaded(
  writer: SnapshotWriter,
  rules: WriteRules,
  options: CallOptions,
  write: PartialWrite,
): Promise<StoreResult> {
  const { signal } = options
  const read = async (head: OpenedHead): Promise<Record<string, unknown>> =>
    await readState(writer, head, rules, signal)
  const { result: state, problems } = await walkHeads(writer.source, read, signal)
  if (state === undefined) throw nothingCached(problems[0]?.cause)
  write.onState(state)
  return await storeState(writer, state, false, rules, options)
}

async function writeOnto(
  writer: SnapshotWriter,
  inventory: Inventory,
  rules: WriteRules,
  options: CallOptions,
  learned: readonly string[],
  write: PartialWrite,
): Promise<StoreResult> {
  if (writer.belief === undefined) throw nothingCached()
  if (writer.mustRewrite || writer.belief.head.schemaVersion !== rules.schemaVersion) {
    const state = await loadWhole(writer, writer.belief.head, rules, options)
    write.onState(state)
    return await storeState(writer, state, false, rules, options)
  }
  await writer.learn(learned, options.signal)
  return await write.onStored(inventory)
}

async function loadWhole(
  writer: SnapshotWriter,
  head: OpenedHead,
  rules: WriteRules,
  { signal }: CallOptions,
): Promise<Record<string, unknown>> {
  try {
    return await readState(writer, head, rules, signal)
  } catch (cause) {
    if (cause instanceof HeadProblem) throw nothingCached(cause)
    throw cause
  }
}

async function readState(
  { source }: SnapshotWriter,
  head: OpenedHead,
  rules: WriteRules,
  signal: AbortSignal | undefined,
): Promise<Record<string, unknown>> {
  const anyAge = { ...rules, maxStaleMs: Number.POSITIVE_INFINITY, poisonAfter: 0 }
  const { state } = await loadState(source, head, undefined, anyAge, { signal }, () => undefined)
  return state
}
