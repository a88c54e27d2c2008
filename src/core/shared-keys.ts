interface Node {
  readonly key: string
  /** The keys from the root to here, once an object has exactly these. */
  keys: readonly string[] | undefined
  /** The first child is the most frequent in regular data. */
  first: Node | undefined
  others: Map<string, Node> | undefined
}

// Objects with more keys are rather dictionaries, of which no two have the same.
const maxKeys = 64
const maxNodes = 4096
let root = makeNode('')
let nodes = 0

/** The enumerable keys of `object` in their order: mostly one array for all objects with the same. Not to be changed. */
export function sharedKeys(object: object): readonly string[] {
  const keys = Object.keys(object)
  if (keys.length > maxKeys) return keys
  // What is forgotten lives on where it is in use.
  if (nodes > maxNodes) {
    root = makeNode('')
    nodes = 0
  }
  let node = root
  for (let i = 0; i < keys.length; i++) node = child(node, keys[i]!)
  node.keys ??= keys
  return node.keys
}

function child(parent: Node, key: string): Node {
  const { first } = parent
  if (first !== undefined && first.key === key) return first
  return parent.others?.get(key) ?? add(parent, key)
}

function add(parent: Node, key: string): Node {
  const node = makeNode(key)
  nodes++
  if (parent.first === undefined) {
    parent.first = node
  } else {
    parent.others ??= new Map()
    parent.others.set(key, node)
  }
  return node
}

function makeNode(key: string): Node {
  return { key, keys: undefined, first: undefined, others: undefined }
}
