import { hasOnlyKeys } from './inspect.ts'

/** A key of objects, and the values that stand under it, in the order of the objects. */
export interface Field {
  readonly key: string
  readonly index: number
  readonly values: unknown[]
}

/** Objects taken apart: which has which keys in which order (its shape), and the values by key. */
export interface Shapes {
  readonly fields: readonly Field[]
  /** Shapes as indexes into `fields`. */
  readonly shapes: readonly (readonly number[])[]
  /** Index into `shapes` per object. */
  readonly codes: Uint32Array
}

/** Thrown for a value that no codec keeps. Who finds it knows neither path nor reason; CBOR does. */
export const notKept: Error = new Error('not kept')

// One key after those of its parents, so that a shape is a node.
interface Node {
  readonly field: Field
  readonly parent: Node | undefined
  /** How many keys from the root to here. */
  readonly depth: number
  /** The first child to be found is the most frequent in regular data. */
  first: Node | undefined
  others: Map<string, Node> | undefined
  shape: number
}

/**
 * Takes `values` apart, or returns undefined if they are rather dictionaries: too many shapes, or too few of the keys in
 * each object, for columns by key to be worth it. Reads each property once. Throws {@link notKept} for an object that has
 * something beside its enumerable keys.
 */
export function collectShapes(values: readonly Readonly<Record<string, unknown>>[]): Shapes | undefined {
  const rows = values.length
  const maxShapes = Math.min(1024, 8 + Math.floor(rows / 2))
  const fields: Fields = { byKey: new Map(), max: 32 + rows * 4 }
  const root = makeNode({ key: '', index: -1, values: [] }, undefined)
  const found: Node[] = []
  const codes = new Uint32Array(rows)
  let cells = 0
  for (let row = 0; row < rows; row++) {
    const node = takeApart(values[row]!, root, fields)
    if (node === undefined) return undefined
    if (node.shape < 0) {
      if (found.length === maxShapes) return undefined
      node.shape = found.length
      found.push(node)
    }
    codes[row] = node.shape
    cells += node.depth
  }
  if (cells * 4 < rows * fields.byKey.size) return undefined
  return { fields: [...fields.byKey.values()], shapes: found.map(pathOf), codes }
}

interface Fields {
  readonly byKey: Map<string, Field>
  readonly max: number
}

// The hot loop of an encoder, by itself: small functions are compiled early and soon.
function takeApart(object: Readonly<Record<string, unknown>>, root: Node, fields: Fields): Node | undefined {
  let node = root
  for (const key in object) {
    const { first } = node
    if (first !== undefined && first.field.key === key) {
      node = first
    } else {
      const next = child(node, key, fields)
      if (next === undefined) return undefined
      node = next
    }
    node.field.values.push(object[key])
  }
  if (!hasOnlyKeys(object, node.depth, node.field.key)) throw notKept
  return node
}

function makeNode(field: Field, parent: Node | undefined): Node {
  const depth = parent === undefined ? 0 : parent.depth + 1
  return { field, parent, depth, first: undefined, others: undefined, shape: -1 }
}

function child(parent: Node, key: string, fields: Fields): Node | undefined {
  const known = parent.others?.get(key)
  if (known !== undefined) return known
  let field = fields.byKey.get(key)
  if (field === undefined) {
    if (fields.byKey.size === fields.max) return undefined
    field = { key, index: fields.byKey.size, values: [] }
    fields.byKey.set(key, field)
  }
  const made = makeNode(field, parent)
  if (parent.first === undefined) parent.first = made
  else {
    parent.others ??= new Map()
    parent.others.set(key, made)
  }
  return made
}

// The fields from the root down.
function pathOf(node: Node): number[] {
  const path: number[] = []
  for (let at = node; at.parent !== undefined; at = at.parent) path.push(at.field.index)
  return path.reverse()
}
