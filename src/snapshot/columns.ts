import { findObjectProblem } from '../codec/inspect.ts'

/** How a column is laid out: one value, or many elements that can be written and read one by one. */
export type Shape = 'plain' | 'array' | 'object' | 'map'

/**
 * How one field of the state is stored; made by {@link plain}, {@link keyed} or {@link entries}.
 * The type parameter is the type of the field.
 */
export interface ColumnSpec<in Value> {
  /** Which of the three made it. */
  readonly kind: 'plain' | 'keyed' | 'entries'
  /** The key of an element of a keyed column. */
  readonly keyOf?: KeyOf
  /** Ties the spec to the type of its field; there is nothing at run time. */
  readonly '~value'?: (value: Value) => void
}

/** The key of an element: a string or a number, or else the element is refused. */
type KeyOf = (element: unknown) => unknown

/** The names of the fields of `Element` that can be its key; index signatures are looked past. */
type KeyField<Element> = unknown extends Element
  ? string
  : keyof {
      [Name in keyof Element as string extends Name
        ? never
        : number extends Name
          ? never
          : Element[Name] extends string | number
            ? Name
            : never]: unknown
    }

/** One value, written whole when it changes. The spec of every field that has none. */
export function plain(): ColumnSpec<unknown> {
  return { kind: 'plain' }
}

/**
 * An array of elements, each with a key of its own: the name of a field, or a function of the element. Keys are
 * strings or numbers, unique in the array (`DUPLICATE_KEY` at `store()`) and a function of the element's content alone.
 * A change of a few elements writes these elements; the order of the array is kept.
 */
export function keyed<Element>(
  key: KeyField<Element> | ((element: Element) => string | number),
): ColumnSpec<readonly Element[] | null | undefined> {
  if (typeof key === 'function') return { kind: 'keyed', keyOf: element => key(element as Element) }
  if (typeof key !== 'string') throw new TypeError(`keyed() takes a field name or a function, received ${typeof key}`)
  const name: string = key
  return { kind: 'keyed', keyOf: element => (element as Readonly<Record<string, unknown>>)[name] }
}

/** A plain object or a Map with string keys, whose entries are written and read one by one. */
export function entries<Value>(): ColumnSpec<
  Readonly<Record<string, Value>> | ReadonlyMap<string, Value> | object | null | undefined
> {
  return { kind: 'entries' }
}

/**
 * The shape in which `value` is stored under `spec`. A value that does not fit its spec (a keyed field that is `null`,
 * say) is stored plain: the head records the shape, so reading needs no spec.
 */
export function shapeOf(spec: ColumnSpec<never>, value: unknown): Shape {
  if (spec.kind === 'keyed') {
    return Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype ? 'array' : 'plain'
  }
  if (spec.kind === 'plain' || typeof value !== 'object' || value === null) return 'plain'
  // What is of a class of its own is stored plain, for the codec to refuse.
  if (value instanceof Map) {
    return Object.getPrototypeOf(value) === Map.prototype && hasStringKeys(value) ? 'map' : 'plain'
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = prototype === Object.prototype || prototype === null
  return isPlain && findObjectProblem(value, Object.keys(value)) === undefined ? 'object' : 'plain'
}

function hasStringKeys(map: ReadonlyMap<unknown, unknown>): boolean {
  for (const key of map.keys()) if (typeof key !== 'string') return false
  return true
}
