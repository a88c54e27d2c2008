import type { CodecName } from '../codec/codec.ts'
import { findArrayProblem, findObjectProblem, isAccessor } from '../codec/inspect.ts'
import { CacheError } from '../errors.ts'
import { believeBase, believeValue, type ColumnBelief, elementKey, findColumn, toElements } from './belief.ts'
import { type ColumnSpec, type Shape, shapeOf } from './columns.ts'
import type { ColumnPlan } from './commit.ts'
import type { Detector } from './detector.ts'
import { draftBase, draftDelta, draftValue, type Elements } from './draft.ts'
import type { Change } from './element-table.ts'
import type { HeadColumn } from './head.ts'
import type { OpenedHead } from './head-seal.ts'
import type { Segment } from './segment.ts'

/** What a new state needs to become the snapshot. */
export interface StatePlan {
  readonly columns: ColumnPlan[]
  readonly beliefs: Map<string, ColumnBelief>
  /** Names of the columns that changed. */
  readonly written: string[]
  /** Names of the columns that were stored and are no field of the state. */
  readonly removed: string[]
}

export interface PlanOptions {
  readonly codec: CodecName
  readonly detector: Detector
  readonly specOf: (column: string) => ColumnSpec<never>
}

const minCompactBytes = 16 << 10

/**
 * Compares `state` with what is stored and encodes what differs, in one synchronous step: whatever the caller does to
 * the state afterwards, the snapshot is of this moment. Changes `beliefs` in place: they are void if the plan fails.
 */
export function planState(
  state: Readonly<Record<string, unknown>>,
  head: OpenedHead | undefined,
  beliefs: ReadonlyMap<string, ColumnBelief>,
  options: PlanOptions,
): StatePlan {
  const plan: StatePlan = { columns: [], beliefs: new Map(), written: [], removed: [] }
  const names = Object.keys(state)
  const problem = findObjectProblem(state, names)
  if (problem !== undefined)
    throw new CacheError('UNSUPPORTED_VALUE', `Cannot keep the state exactly: found ${problem}`)
  for (const name of names) planColumn(plan, name, state[name], head, beliefs.get(name), options)
  for (const column of head?.columns ?? []) if (!plan.beliefs.has(column.name)) plan.removed.push(column.name)
  return plan
}

function planColumn(
  plan: StatePlan,
  name: string,
  value: unknown,
  head: OpenedHead | undefined,
  belief: ColumnBelief | undefined,
  options: PlanOptions,
): void {
  const stored = findColumn(head, name)
  const planned =
    stored === undefined || belief === undefined
      ? planWhole(name, value, options)
      : planChange(name, value, stored, belief, options)
  plan.columns.push(planned.column)
  plan.beliefs.set(name, planned.belief)
  if (planned.column.segments.length > 0) plan.written.push(name)
}

/** What becomes of a column, and what is believed of it afterwards. */
export interface PlannedColumn {
  readonly column: ColumnPlan
  readonly belief: ColumnBelief
}

/** Writes a column anew. */
export function planWhole(name: string, value: unknown, options: PlanOptions): PlannedColumn {
  const { codec, detector, specOf } = options
  const spec = specOf(name)
  const shape = shapeOf(spec, value)
  if (shape === 'plain') {
    const segments = draftValue(name, value, codec)
    return { column: { name, shape, count: 1, kept: [], segments }, belief: believeValue(value, detector) }
  }
  const elements = toElements(name, spec, shape, value)
  const problem = shape === 'array' ? findArrayProblem(value as unknown[]) : findAccessor(shape, elements.keys, value)
  if (problem !== undefined) throw new CacheError('UNSUPPORTED_VALUE', `Cannot keep ${name} exactly: found ${problem}`)
  return planBase(name, value, elements, options)
}

/** Writes a column of elements anew; `value` is the one that they make. */
export function planBase(
  name: string,
  value: unknown,
  elements: Elements,
  { codec, detector }: Pick<PlanOptions, 'codec' | 'detector'>,
): PlannedColumn {
  const { shape, keys } = elements
  const { segments, shadows } = draftBase(name, elements, codec, detector)
  const belief = believeBase(value, keys, shadows, detector)
  return { column: { name, shape, count: keys.length, kept: [], segments }, belief }
}

// Beside its elements a column has nothing that could be kept.
function findAccessor(shape: Shape, keys: readonly string[], value: unknown): string | undefined {
  if (shape !== 'object') return undefined
  return keys.some(key => isAccessor(value as object, key)) ? 'an accessor' : undefined
}

/** Keeps a column as it is stored. */
export function planKept(stored: HeadColumn): ColumnPlan {
  const { name, shape, count, pieces } = stored
  return { name, shape, count, kept: pieces, segments: [] }
}

function planChange(
  name: string,
  value: unknown,
  stored: HeadColumn,
  belief: ColumnBelief,
  options: PlanOptions,
): PlannedColumn {
  const { detector, specOf } = options
  const spec = specOf(name)
  const kept = { column: planKept(stored), belief }
  if (belief.hasValue && belief.value === value) return kept
  // Looks at every entry of an object: not before it is known that the value is another one.
  const shape = shapeOf(spec, value)
  if (shape !== stored.shape) return planWhole(name, value, options)
  const own = { value: detector.isImmutable ? value : undefined, hasValue: detector.isImmutable }
  if (shape === 'plain') {
    if (!detector.same(value, belief.shadow)) return planWhole(name, value, options)
    return { column: kept.column, belief: { ...belief, ...own } }
  }
  const { table } = belief
  if (table?.shadows === undefined) return planWhole(name, value, options)
  const given = shape === 'array' ? undefined : toElements(name, spec, shape, value)
  const values = given?.values ?? (value as readonly unknown[])
  const keyAt = (i: number): string => given?.keys[i] ?? elementKey(name, spec, values[i], i)
  const change = table.diff(values, keyAt, given !== undefined, detector)
  if (change === undefined) return { column: kept.column, belief: { ...belief, ...own } }
  // With all keys at hand a key that stands twice is found; without them, positions kept their keys.
  const elements =
    given ??
    (change.runs === undefined && change.slots === table.slots ? undefined : toElements(name, spec, shape, value))
  if (change.positions.length > values.length / 2) return planWhole(name, value, options)
  const delta = draftDelta(name, change, elements ?? { shape, keys: [], values }, options.codec)
  if (isCompactionDue(stored, change, delta)) return planWhole(name, value, options)
  const shadows = change.positions.map(position => detector.shadow(values[position]))
  table.apply(change, shadows)
  const column = { name, shape, count: table.size, kept: stored.pieces, segments: [delta] }
  return { column, belief: { ...belief, ...own } }
}

/** Sets and removes elements of a stored column by key. `undefined` if that changes nothing. */
export function planPatch(
  stored: HeadColumn,
  belief: ColumnBelief,
  set: Elements,
  removed: ReadonlySet<string>,
  options: PlanOptions,
): { column: ColumnPlan; change: Change; delta: Segment; isCompactionDue: boolean } | undefined {
  const table = belief.table!
  const change = table.patch(set.keys, removed)
  if (change.positions.length === 0 && change.runs === undefined) return undefined
  const delta = draftDelta(stored.name, change, set, options.codec)
  const column = { ...stored, kept: stored.pieces, segments: [delta] }
  return { column, change, delta, isCompactionDue: isCompactionDue(stored, change, delta) }
}

// Deltas up to a quarter of the base, and elements that a delta removed or set again up to a third of the live ones: then a
// load does less than twice what it must.
function isCompactionDue(stored: HeadColumn, { slots, order }: Change, delta: Segment): boolean {
  let base = 0
  let deltas = delta.payload.byteLength
  let elements = delta.count
  for (const piece of stored.pieces) {
    if (piece.role === 'delta') deltas += piece.length
    else base += piece.length
    if (piece.role !== 'index') elements += piece.count
  }
  const live = order?.length ?? slots
  const isSparse = base + deltas > minCompactBytes && elements - live > live / 3
  return isSparse || deltas > Math.max(minCompactBytes, base / 4)
}
