/** The shapes (lists of keys, in order) of a column of objects. */
export interface Shapes {
  /** Every key of any object. */
  readonly keys: string[]
  /** Shapes as indexes into `keys`. */
  readonly shapes: number[][]
  /** Index into `shapes` per object. */
  readonly codes: Uint32Array
}

interface Node {
  readonly key: string
  readonly path: readonly string[]
  /** The children, in the order of their discovery; the first is the most frequent in regular data. */
  readonly children: Node[]
  shape: number
}

/**
 * The shapes of `values`, or undefined if the objects are rather dictionaries: too many shapes, or too few of the keys in
 * each object, for columns by key to be worth it.
 */
export function collectShapes(values: readonly object[]): Shapes | undefined {
  const maxShapes = 8 + Math.floor(values.length / 2)
  const root: Node = { key: '', path: [], children: [], shape: -1 }
  const codes = new Uint32Array(values.length)
  const found: Node[] = []
  const counts: number[] = []
  for (let i = 0; i < values.length; i++) {
    let node = root
    for (const key of Object.keys(values[i]!)) node = child(node, key)
    if (node.shape < 0) {
      if (found.length === maxShapes) return undefined
      node.shape = found.length
      found.push(node)
      counts.push(0)
    }
    codes[i] = node.shape
    counts[node.shape]!++
  }
  return indexKeys(values.length, found, counts, codes)
}

function child(node: Node, key: string): Node {
  for (const next of node.children) if (next.key === key) return next
  const next: Node = { key, path: [...node.path, key], children: [], shape: -1 }
  node.children.push(next)
  return next
}

function indexKeys(
  rows: number,
  found: readonly Node[],
  counts: readonly number[],
  codes: Uint32Array,
): Shapes | undefined {
  const indexes = new Map<string, number>()
  let cells = 0
  const shapes = found.map(({ path }, shape) => {
    cells += path.length * counts[shape]!
    return path.map(key => {
      let index = indexes.get(key)
      if (index === undefined) {
        index = indexes.size
        indexes.set(key, index)
      }
      return index
    })
  })
  const keys = [...indexes.keys()]
  const sparse = cells * 4 < rows * keys.length
  const wide = keys.length > 32 + rows * 4
  return sparse || wide ? undefined : { keys, shapes, codes }
}
