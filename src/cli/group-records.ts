import { decodeRecordOf } from '../group/record.ts'
import { indexName, isRecordName, recordPrefix } from '../group/record-names.ts'
import type { Store } from '../store/store.ts'

/** What a group cache keeps in a store. */
export interface StoredGroup {
  readonly name: string
  readonly records: number
}

/** The groups that have records in `store`, whose keys are `keys`. */
export async function listGroups(store: Store, keys: readonly string[], signal: AbortSignal): Promise<StoredGroup[]> {
  const counts = new Map<string, number>()
  for (const key of keys) {
    const name = await groupOf(store, key, counts, signal)
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, records]) => ({ name, records }))
}

/** Whether `key` is one of the group `name`. */
export function isGroupKey(name: string, key: string): boolean {
  const prefix = recordPrefix(name)
  const rest = key.slice(prefix.length)
  return key.startsWith(prefix) && (rest === indexName || isRecordName(rest))
}

// A key may be anybody's; the first record of a group says itself whose it is.
async function groupOf(
  store: Store,
  key: string,
  known: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const at = key.search(/\/[=#]/)
  const name = key.slice(0, at)
  if (at <= 0 || !isRecordName(key.slice(at + 1))) return undefined
  if (known.has(name)) return name
  return decodeRecordOf(name, await store.load(key, { signal })) === undefined ? undefined : name
}
