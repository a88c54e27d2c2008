import { CacheError } from '../errors.ts'
import type { ColumnSpec, Shape } from './columns.ts'
import type { Detector, Shadow } from './detector.ts'
import type { Elements } from './draft.ts'
import { ElementTable } from './element-table.ts'
import type { HeadColumn } from './head.ts'
import type { OpenedHead } from './head-seal.ts'
import type { StoredElements } from './read-elements.ts'

/** What is known of the content of one stored column; enough to tell what of a new value must be written. */
export interface ColumnBelief {
  /** The value that was last stored or loaded, while it still stands for the column; only for immutable state. */
  value: unknown
  hasValue: boolean
  /** Of a plain column. */
  shadow: Shadow
  /** Of a column of elements. */
  table: ElementTable | undefined
}

/**
 * What a cache believes the store to hold. It comes from what this cache read or wrote itself, and is thrown away when
 * a write fails, when the newest head is another one, or when something it names is gone.
 */
export interface Belief {
  readonly head: OpenedHead
  /** Columns that were never read or written have none. */
  readonly columns: Map<string, ColumnBelief>
}

export function findColumn(head: OpenedHead | undefined, name: string): HeadColumn | undefined {
  return head?.columns.find(column => column.name === name)
}

/** The elements of a value, with their keys. Throws `INVALID_KEY` or `DUPLICATE_KEY` with the path of the element. */
export function toElements(name: string, spec: ColumnSpec<never>, shape: Shape, value: unknown): Elements {
  if (shape === 'map') {
    const map = value as ReadonlyMap<string, unknown>
    return { shape, keys: [...map.keys()], values: [...map.values()] }
  }
  if (shape === 'object') {
    const object = value as Readonly<Record<string, unknown>>
    const keys = Object.keys(object)
    return { shape, keys, values: keys.map(key => object[key]) }
  }
  const values = value as readonly unknown[]
  const keys: string[] = []
  const seen = new Set<string>()
  for (let i = 0; i < values.length; i++) {
    const key = elementKey(name, spec, values[i], i)
    if (seen.has(key)) throw new CacheError('DUPLICATE_KEY', `Cannot store ${name}[${i}]: its key ${key} is taken`)
    seen.add(key)
    keys.push(key)
  }
  return { shape, keys, values }
}

/** The key of one element of a keyed column. */
export function elementKey(name: string, spec: ColumnSpec<never>, element: unknown, position: number): string {
  let key: unknown
  try {
    key = spec.keyOf!(element)
  } catch (cause) {
    throw new CacheError('INVALID_KEY', `Cannot store ${name}[${position}]: its key cannot be read`, { cause })
  }
  if (typeof key === 'string') return key
  if (typeof key === 'number' && Number.isFinite(key)) return String(key)
  const found = key === null ? 'null' : typeof key
  throw new CacheError('INVALID_KEY', `Cannot store ${name}[${position}]: its key is ${found}, not a string or number`)
}

/** The belief in a column that is a value as a whole. */
export function believeValue(value: unknown, detector: Detector): ColumnBelief {
  return { ...standsFor(value, detector), shadow: detector.shadow(value), table: undefined }
}

/** The belief in a column of elements whose `value` was just written as a new base. */
export function believeBase(
  value: unknown,
  keys: readonly string[],
  shadows: Shadow[],
  detector: Detector,
): ColumnBelief {
  const table = new ElementTable({ slots: keys.length, keys: [...keys], shadows, order: undefined })
  return { ...standsFor(value, detector), shadow: undefined, table }
}

function standsFor(value: unknown, { isImmutable }: Detector): Pick<ColumnBelief, 'value' | 'hasValue'> {
  return { value: isImmutable ? value : undefined, hasValue: isImmutable }
}

/** The belief in a column of elements that was read from the store, slots and all. */
export function believeStored(
  name: string,
  spec: ColumnSpec<never>,
  value: unknown,
  stored: StoredElements,
  detector: Detector,
): ColumnBelief {
  const shadows = stored.values.map(element => detector.shadow(element))
  const keys = stored.keys ?? ((): string[] => keysBySlot(name, spec, shadows, stored))
  const table = new ElementTable({ slots: stored.slots, keys, shadows, order: stored.order })
  return { ...standsFor(value, detector), shadow: undefined, table }
}

/** Keys of the elements that are live; empty for slots that are not. */
export function keysBySlot(
  name: string,
  spec: ColumnSpec<never>,
  values: readonly unknown[],
  { slots, order }: Pick<StoredElements, 'slots' | 'order'>,
): string[] {
  const keys = new Array<string>(slots).fill('')
  for (const slot of order ?? keys.keys()) keys[slot] = elementKey(name, spec, values[slot], slot)
  return keys
}

/**
 * Throws unless the keys that are stored are those that `spec` makes. They were made by the spec of whoever wrote them;
 * under another spec the column must be written anew.
 */
export function checkKeys(name: string, spec: ColumnSpec<never>, stored: StoredElements): void {
  const keys = keysBySlot(name, spec, stored.values, stored)
  for (const slot of stored.order ?? keys.keys()) {
    if (keys[slot] !== stored.keys![slot])
      throw new CacheError('CORRUPT', `Column "${name}" was stored with other keys`)
  }
}
