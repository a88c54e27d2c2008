import type { Store } from '../store/store.ts'
import type { Head, Piece } from './head.ts'
import type { SnapshotKeys } from './keys.ts'
import type { HeadKey } from './read-heads.ts'
import { pieceKey, type Source } from './read-pieces.ts'

/** All keys of a cache, sorted out. Keys of others under the same prefix are left out. */
export interface Inventory {
  /** Newest first. */
  readonly heads: readonly HeadKey[]
  readonly segments: ReadonlyMap<string, HeadKey>
  /** Marks of unconfirmed loads. */
  readonly attempts: readonly HeadKey[]
  /** The highest generation that any key has; 0 if there is none. */
  readonly generation: number
}

export async function takeInventory(source: Source, signal: AbortSignal | undefined): Promise<Inventory> {
  const heads: HeadKey[] = []
  const attempts: HeadKey[] = []
  const segments = new Map<string, HeadKey>()
  let generation = 0
  for await (const key of source.store.list(source.keys.prefix, { signal })) {
    const parsed = source.keys.parse(key)
    if (parsed === undefined) continue
    generation = Math.max(generation, parsed.generation)
    if (parsed.kind === 'head') heads.push({ ...parsed, key })
    else if (parsed.kind === 'attempt') attempts.push({ ...parsed, key })
    else segments.set(key, { ...parsed, key })
  }
  return { heads: heads.reverse(), segments, attempts, generation }
}

// By head: every store asks twice, and the newest head of one store is the one before of the next.
const knownNames = new WeakMap<Head, { readonly keys: SnapshotKeys; readonly named: ReadonlySet<string> }>()

/** The keys of the segments that `head` names and does not carry itself. */
export function namedKeys(keys: SnapshotKeys, head: Head): ReadonlySet<string> {
  const known = knownNames.get(head)
  if (known?.keys === keys) return known.named
  const named = new Set<string>()
  for (const column of head.columns) {
    for (const piece of column.pieces) if (piece.inline === undefined) named.add(knownKey(keys, column.name, piece))
  }
  knownNames.set(head, { keys, named })
  return named
}

// By piece, which most stores leave as it is: to spell a key takes longer than to look it up.
const knownKeys = new WeakMap<Piece, { readonly keys: SnapshotKeys; readonly key: string }>()

function knownKey(keys: SnapshotKeys, column: string, piece: Piece): string {
  const known = knownKeys.get(piece)
  if (known?.keys === keys) return known.key
  const key = pieceKey(keys, column, piece)
  knownKeys.set(piece, { keys, key })
  return key
}

/** Keys that nothing needs any more. */
export interface Garbage {
  /** Oldest first. */
  readonly heads: readonly string[]
  /** Segments, and marks of loads. */
  readonly others: readonly string[]
}

/**
 * What of `inventory` no head of `kept` names; the first of them was just written. Spared are segments of the new
 * generation and later ones: another writer may be about to name them.
 */
export function findGarbage(keys: SnapshotKeys, inventory: Inventory, kept: readonly [Head, ...Head[]]): Garbage {
  const [newest] = kept
  const newestKey = keys.head(newest)
  const keptHeads = new Set(kept.map(head => keys.head(head)))
  const named = kept.map(head => namedKeys(keys, head))
  const isNamed = (key: string): boolean => named.some(each => each.has(key))
  const heads = inventory.heads.filter(head => !keptHeads.has(head.key) && head.key < newestKey)
  const others: string[] = []
  for (const { key, generation } of inventory.segments.values()) {
    if (generation < newest.generation && !isNamed(key)) others.push(key)
  }
  for (const { key, generation, nonce } of inventory.attempts) {
    if (!keptHeads.has(keys.head({ generation, nonce }))) others.push(key)
  }
  return { heads: heads.map(head => head.key).reverse(), others }
}

/** Removes garbage: a head before what it names, so that no head is ever left naming something removed. */
export async function sweep(store: Store, { heads, others }: Garbage, signal?: AbortSignal): Promise<void> {
  await removeAll(store, heads, signal)
  await removeAll(store, others, signal)
}

/** `inventory` after `head` was written and `garbage` was removed. */
export function afterCommit(keys: SnapshotKeys, inventory: Inventory, head: Head, garbage: Garbage): Inventory {
  const removed = new Set([...garbage.heads, ...garbage.others])
  const isLeft = ({ key }: HeadKey): boolean => !removed.has(key)
  const { generation, nonce } = head
  const segments = new Map(inventory.segments)
  for (const key of garbage.others) segments.delete(key)
  for (const key of namedKeys(keys, head)) {
    if (!segments.has(key)) segments.set(key, { kind: 'segment', generation, nonce, key })
  }
  return {
    heads: [{ kind: 'head', generation, nonce, key: keys.head(head) }, ...inventory.heads.filter(isLeft)],
    segments,
    attempts: inventory.attempts.filter(isLeft),
    generation,
  }
}

/** Removes `keys`, in one batch where the store has batches. */
export async function removeAll(store: Store, keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  if (keys.length === 0) return
  if (store.batch !== undefined) {
    await store.batch(
      keys.map(key => ({ type: 'remove' as const, key })),
      { signal },
    )
  } else for (const key of keys) await store.remove(key, { signal })
}
