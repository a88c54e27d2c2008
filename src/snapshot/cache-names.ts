import type { Store } from '../store/store.ts'
import { snapshotKeys } from './keys.ts'

/** Names of the caches that have a head in `store`, in the order of its keys. */
export async function listCacheNames(store: Store, signal: AbortSignal | undefined): Promise<string[]> {
  const names = new Set<string>()
  for await (const key of store.list('', { signal })) {
    const name = headOwner(key)
    if (name !== undefined) names.add(name)
  }
  return [...names]
}

/** The name of the cache whose head `key` is; `undefined` for a key of anything else. */
export function headOwner(key: string): string | undefined {
  const at = key.lastIndexOf('/@head/')
  if (at <= 0) return undefined
  const name = key.slice(0, at)
  return snapshotKeys(name).parse(key)?.kind === 'head' ? name : undefined
}
