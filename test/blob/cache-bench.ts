import { BlobCache } from '../../src/blob/blob-cache.ts'
import type { BlobCacheOptions } from '../../src/blob/blob-cache-options.ts'
import type { BlobStore } from '../../src/blob/blob-store.ts'
import { MemoryBlobStore } from '../../src/blob/memory-blob-store.ts'

/** A cache with a store and a clock that a test holds in its hands. */
export interface Bench {
  nowMs: number
  readonly store: MemoryBlobStore
  readonly cache: BlobCache
}

export function makeBench(options: Partial<BlobCacheOptions> = {}): Bench {
  const clock = (): number => bench.nowMs
  const store = new MemoryBlobStore({ clock })
  const bench: Bench = { nowMs: 1e12, store, cache: new BlobCache(store, { namespace: 'ns', clock, ...options }) }
  return bench
}

/** `store` with the methods that every blob store has, and nothing more. */
export function withoutOptional(store: BlobStore): BlobStore {
  return {
    get: (...args) => store.get(...args),
    put: (...args) => store.put(...args),
    open: (...args) => store.open(...args),
    putStream: (...args) => store.putStream(...args),
    delete: (...args) => store.delete(...args),
    deleteNamespace: (...args) => store.deleteNamespace(...args),
    list: (...args) => store.list(...args),
  }
}

/** Everything that `items` yields. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
