import type { Store } from '../store/store.ts'
import type { Head } from './head.ts'
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

/** The keys of the segments that `head` names and does not carry itself. */
export function namedKeys(keys: SnapshotKeys, head: Head): string[] {
  return head.columns.flatMap(column =>
    column.pieces.filter(piece => piece.inline === undefined).map(piece => pieceKey(keys, column.name, piece)),
  )
}

/**
 * Removes what no head of `kept` names; the first of them was just written, `inventory` was taken before. Spared are
 * segments of the new generation and later ones: another writer may be about to name them. A head goes before what it
 * names, so that no head is ever left naming something removed.
 */
export async function sweep(
  source: Source,
  inventory: Inventory,
  kept: readonly Head[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const [newest] = kept
  if (newest === undefined) return
  const keptHeads = new Set(kept.map(head => source.keys.head(head)))
  const named = new Set(kept.flatMap(head => namedKeys(source.keys, head)))
  const heads = inventory.heads.filter(head => !keptHeads.has(head.key) && head.key < source.keys.head(newest))
  const rest: string[] = []
  for (const { key, generation } of inventory.segments.values()) {
    if (!named.has(key) && generation < newest.generation) rest.push(key)
  }
  for (const { key, generation, nonce } of inventory.attempts) {
    if (!keptHeads.has(source.keys.head({ generation, nonce }))) rest.push(key)
  }
  await removeAll(source.store, heads.map(head => head.key).reverse(), signal)
  await removeAll(source.store, rest, signal)
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
