import { decodeElements } from '../codec/decode.ts'
import { setOwn } from '../codec/set-own.ts'
import { checkOptionNames } from '../core/check.ts'
import { type ColumnBelief, findColumn, toElements } from './belief.ts'
import type { CallOptions } from './call-options.ts'
import { type Shape, shapeOf } from './columns.ts'
import type { ColumnPlan } from './commit.ts'
import { decodeDelta } from './delta.ts'
import type { Elements } from './draft.ts'
import type { Change, ElementTable } from './element-table.ts'
import type { HeadColumn } from './head.ts'
import type { Inventory } from './inventory.ts'
import { objectOrder } from './object-order.ts'
import { type PlannedColumn, planBase, planKept, planPatch, planWhole } from './plan-columns.ts'
import { readColumn } from './read-column.ts'
import { readElements } from './read-elements.ts'
import type { Segment } from './segment.ts'
import type { SnapshotWriter, WriteRules } from './snapshot-writer.ts'
import type { StoreResult } from './store-state.ts'
import { endUnchanged, onSnapshot } from './update-columns.ts'

/** A change of a column of elements: elements to set, and keys to remove. */
export type PatchInput<Value> =
  NonNullable<Value> extends readonly (infer Element)[]
    ? { readonly set?: readonly Element[]; readonly remove?: readonly (string | number)[] }
    : NonNullable<Value> extends ReadonlyMap<string, infer Element>
      ? { readonly set?: ReadonlyMap<string, Element>; readonly remove?: readonly string[] }
      : { readonly set?: Partial<NonNullable<Value>>; readonly remove?: readonly (string | number)[] }

interface Patch {
  readonly set: Elements
  readonly removed: ReadonlySet<string>
}

/** Sets and removes elements of one column, on top of the newest snapshot. */
export async function patchColumn(
  writer: SnapshotWriter,
  name: string,
  input: PatchInput<unknown>,
  rules: WriteRules,
  options: CallOptions,
): Promise<StoreResult> {
  // Read again in the step that encodes it: the caller may change it while this call waits.
  const read = (): Patch => readInput(name, input, rules)
  read()
  return await onSnapshot(writer, rules, options, [name], {
    replaced: [],
    onState: state =>
      setOwn(state, name, patchValue(name, Object.hasOwn(state, name) ? state[name] : undefined, read(), rules)),
    onStored: async inventory => await patchStored(writer, name, read, inventory, rules, options),
  })
}

function readInput(name: string, input: PatchInput<unknown>, rules: WriteRules): Patch {
  const spec = rules.specOf(name)
  if (spec.kind === 'plain') throw new TypeError(`Cannot patch "${name}": it is neither keyed() nor entries()`)
  if (typeof input !== 'object' || input === null) throw new TypeError('A patch must be an object with set or remove')
  checkOptionNames(input, ['set', 'remove'])
  const { set, remove = [] }: { set?: unknown; remove?: unknown } = input
  if (!Array.isArray(remove)) throw new TypeError('Option remove must be an array of keys')
  const removed = new Set(remove.map(String))
  const value = set ?? (spec.kind === 'keyed' ? [] : {})
  const shape = shapeOf(spec, value)
  if (shape === 'plain') {
    const wanted = spec.kind === 'keyed' ? 'an array' : 'a plain object or a Map with string keys'
    throw new TypeError(`Cannot patch "${name}": set must be ${wanted}`)
  }
  return { set: toElements(name, spec, shape, value), removed }
}

async function patchStored(
  writer: SnapshotWriter,
  name: string,
  read: () => Patch,
  inventory: Inventory,
  rules: WriteRules,
  options: CallOptions,
): Promise<StoreResult> {
  const { head, columns } = writer.belief!
  const stored = findColumn(head, name)
  const belief = columns.get(name)
  const isOfSpec = stored !== undefined && (stored.shape === 'array') === (rules.specOf(name).kind === 'keyed')
  const planned =
    stored !== undefined && belief?.table !== undefined && isOfSpec
      ? await planElements(writer, stored, belief, read(), rules, options)
      : await planAnew(writer, name, stored, read, rules, options)
  if (planned === undefined) return await endUnchanged(writer, inventory, options)
  const plans: ColumnPlan[] = head.columns.map(column => (column.name === name ? planned.column : planKept(column)))
  if (stored === undefined) plans.push(planned.column)
  const beliefs = new Map(columns).set(name, { ...planned.belief, value: undefined, hasValue: false })
  const written = await writer.commit(plans, beliefs, inventory, options)
  return { ...written, written: [name], removed: [], skipped: false }
}

// Nothing is stored, or null, or what another spec made of the column: all of it is written as this spec would.
async function planAnew(
  writer: SnapshotWriter,
  name: string,
  stored: HeadColumn | undefined,
  read: () => Patch,
  rules: WriteRules,
  { signal }: CallOptions,
): Promise<PlannedColumn> {
  const value = stored === undefined ? undefined : await readColumn(writer.source, stored, { signal })
  return planWhole(name, patchValue(name, value, read(), rules), rules)
}

function noElements(name: string): TypeError {
  return new TypeError(`Cannot patch "${name}": what is stored there has no elements`)
}

/** `value`, an old value of the column, with the patch applied. */
function patchValue(name: string, value: unknown, { set, removed }: Patch, rules: WriteRules): unknown {
  const spec = rules.specOf(name)
  const isEmpty = value === null || value === undefined
  const shape: Shape = isEmpty ? set.shape : shapeOf(spec, value)
  if (shape === 'plain') throw noElements(name)
  const old = isEmpty ? { keys: [], values: [] } : toElements(name, spec, shape, value)
  const merged = new Map(old.keys.map((key, i) => [key, old.values[i]]))
  for (const [i, key] of set.keys.entries()) merged.set(key, set.values[i])
  for (const key of removed) merged.delete(key)
  return fromElements(shape, [...merged.keys()], [...merged.values()])
}

function fromElements(shape: Shape, keys: readonly string[], values: readonly unknown[]): unknown {
  if (shape === 'array') return values
  if (shape === 'map') return new Map(keys.map((key, i) => [key, values[i]]))
  const object: Record<string, unknown> = {}
  for (const [i, key] of keys.entries()) setOwn(object, key, values[i])
  return object
}

async function planElements(
  writer: SnapshotWriter,
  stored: HeadColumn,
  belief: ColumnBelief,
  { set, removed }: Patch,
  rules: WriteRules,
  options: CallOptions,
): Promise<PlannedColumn | undefined> {
  const table = belief.table!
  const changed = onlyChanged(table, set, rules)
  const planned = planPatch(stored, belief, changed, removed, rules)
  if (planned === undefined) return undefined
  const { column, change, delta, isCompactionDue } = planned
  if (!isCompactionDue) {
    table.apply(
      change,
      change.positions.map(position => rules.detector.shadow(changed.values[position])),
    )
    if (stored.shape === 'object') table.order = objectOrder(table.keys, table.order)
    return { column: { ...column, count: table.size }, belief }
  }
  const elements = await readPatched(writer, stored, table, change, delta, options)
  return planBase(stored.name, fromElements(stored.shape, elements.keys, elements.values), elements, rules)
}

// An element that is stored as it is need not be written again.
function onlyChanged(table: ElementTable, set: Elements, { detector }: WriteRules): Elements {
  const keys: string[] = []
  const values: unknown[] = []
  for (const [i, key] of set.keys.entries()) {
    const slot = table.slotOf(key)
    if (slot !== undefined && detector.same(set.values[i], table.shadows![slot])) continue
    keys.push(key)
    values.push(set.values[i])
  }
  return { shape: set.shape, keys, values }
}

// All elements as they are after the patch, for a new base. What the patch sets is taken from its delta: the caller's
// objects may have changed since.
async function readPatched(
  writer: SnapshotWriter,
  stored: HeadColumn,
  table: ElementTable,
  change: Change,
  delta: Segment,
  { signal }: CallOptions,
): Promise<Elements> {
  const set = decodeElements(delta.codec, decodeDelta(delta.payload, delta.count).values, delta.count)
  const { values } = await readElements(writer.source, stored, { keys: true, pages: true }, { signal })
  for (const [i, slot] of change.setSlots.entries()) values[slot] = set[i]
  table.apply(change, undefined)
  if (stored.shape === 'object') table.order = objectOrder(table.keys, table.order)
  const slots = [...table.live()]
  return { shape: stored.shape, keys: slots.map(slot => table.keys[slot]!), values: slots.map(slot => values[slot]) }
}
