import { elementFields, selfFields } from '../netmap/netmap-columns.ts'
import { PlainNetmapCache } from '../netmap/plain-cache.ts'
import { columnFields, columnKeys, recordKind, selfKey } from '../netmap/plain-records.ts'
import type { Store } from '../store/store.ts'
import { notFound } from './cli-failure.ts'
import { storedProblem } from './snapshot-state.ts'
import type { ColumnContent, StoredColumn, StoredState } from './stored-state.ts'

/** What the map of a Tailscale directory is called: the name that `netmapCache` gives to its cache. */
export const netmapName = 'netmap'

/** The network map of a Tailscale directory, with the columns that a cache of ours would have. */
export async function openNetmap(store: Store, signal: AbortSignal): Promise<StoredState> {
  const snapshot = await new PlainNetmapCache(store).load({ signal })
  if (snapshot === undefined) return notFound(`There is no network map: record ${selfKey} is missing or broken`)
  const { state, report } = snapshot
  const sizes = await recordSizes(store, signal)
  const contents = new Map<string, ColumnContent>()
  const columns: StoredColumn[] = []
  const add = (name: string, content: ColumnContent, bytes: number, pieces: number): void => {
    contents.set(name, content)
    const count = content.shape === 'plain' ? 1 : content.elements.length
    columns.push({ name, shape: content.shape, count, bytes, pieces })
  }
  for (const field of selfFields) {
    const value: unknown = state[field]
    if (value === undefined) continue
    const key = columnKeys.find(each => columnFields(each).includes(field))
    // Several fields share a record: its bytes count for the first of them.
    const isFirst = key !== undefined && columnFields(key)[0] === field
    add(field, { shape: 'plain', value }, isFirst ? (sizes.get(key)?.bytes ?? 0) : 0, isFirst ? 1 : 0)
  }
  for (const field of elementFields) {
    const { bytes, count } = sizes.get(field) ?? { bytes: 0, count: 0 }
    add(field, elementsOf(state[field]), bytes, count)
  }
  return {
    cache: netmapName,
    generation: undefined,
    savedAtMs: undefined,
    schemaVersion: undefined,
    columns,
    problems: report.problems.map(storedProblem),
    read: async ({ name }) => contents.get(name)!,
  }
}

function elementsOf(value: unknown): ColumnContent {
  if (value === null || typeof value !== 'object') return { shape: 'plain', value }
  if (!Array.isArray(value)) return { shape: 'object', elements: Object.entries(value) }
  return { shape: 'array', elements: value.map((peer: { StableID: string }) => [peer.StableID, peer] as const) }
}

/** Bytes and number of the records of each column; peers and users are each taken together. */
export async function recordSizes(
  store: Store,
  signal: AbortSignal,
): Promise<Map<string, { bytes: number; count: number }>> {
  const sizes = new Map<string, { bytes: number; count: number }>()
  for await (const key of store.list('', { signal })) {
    const kind = recordKind(key)
    if (kind === undefined) continue
    const name = kind === 'peer' ? 'Peers' : kind === 'user' ? 'UserProfiles' : key
    const { bytes, count } = sizes.get(name) ?? { bytes: 0, count: 0 }
    const length = (await store.load(key, { signal }))?.byteLength ?? 0
    sizes.set(name, { bytes: bytes + length, count: count + 1 })
  }
  return sizes
}
