/** The shapes (lists of keys, in order) of a column of objects. */
export interface Shapes {
  /** Every key of any object. */
  readonly keys: string[]
  /** Shapes as indexes into `keys`. */
  readonly shapes: number[][]
  /** The shapes that have each key, as indexes into `shapes`. */
  readonly holders: number[][]
  /** Index into `shapes` per object. */
  readonly codes: Uint32Array
}

interface Node {
  readonly key: string
  readonly parent: Node | undefined
  /** The children, in the order of their discovery; the first is the most frequent in regular data. */
  readonly children: Node[]
  shape: number
}

/**
 * The shapes of `values`, or undefined if the objects are rather dictionaries: too many shapes, or too few of the keys in
 * each object, for columns by key to be worth it.
 */
export function collectShapes(values: readonly object[]): Shapes | undefined {
  const maxShapes = Math.min(1024, 8 + Math.floor(values.length / 2))
  const maxKeys = 32 + values.length * 4
  const root: Node = { key: '', parent: undefined, children: [], shape: -1 }
  const codes = new Uint32Array(values.length)
  const found: Node[] = []
  const counts: number[] = []
  for (let i = 0; i < values.length; i++) {
    const keys = Object.keys(values[i]!)
    if (keys.length > maxKeys) return undefined
    let node = root
    for (const key of keys) node = child(node, key)
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
  const next: Node = { key, parent: node, children: [], shape: -1 }
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
  const holders: number[][] = []
  let cells = 0
  const shapes = found.map((node, shape) => {
    const path = pathOf(node)
    cells += path.length * counts[shape]!
    return path.map(key => {
      let index = indexes.get(key)
      if (index === undefined) {
        index = indexes.size
        indexes.set(key, index)
        holders.push([])
      }
      holders[index]!.push(shape)
      return index
    })
  })
  const keys = [...indexes.keys()]
  const sparse = cells * 4 < rows * keys.length
  const wide = keys.length > 32 + rows * 4
  return sparse || wide ? undefined : { keys, shapes, holders, codes }
}

// The keys from the root down.
function pathOf(node: Node): string[] {
  const path: string[] = []
  for (let at = node; at.parent !== undefined; at = at.parent) path.push(at.key)
  return path.reverse()
}
