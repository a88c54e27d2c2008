import { CacheError } from '../errors.ts'
import type { Store, StoreOptions } from '../store/store.ts'

/** A store that only reads, over one that cannot be opened so. */
export class ReadOnlyStore implements Store {
  readonly loadMany?: NonNullable<Store['loadMany']>
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
    if (store.loadMany !== undefined) this.loadMany = async (keys, options) => await store.loadMany!(keys, options)
  }

  list(prefix: string, options?: StoreOptions): AsyncIterable<string> {
    return this.#store.list(prefix, options)
  }

  async load(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return await this.#store.load(key, options)
  }

  async store(key: string): Promise<void> {
    refuse(key)
  }

  async remove(key: string): Promise<void> {
    refuse(key)
  }

  async close(): Promise<void> {
    await this.#store.close?.()
  }
}

function refuse(key: string): never {
  throw new CacheError('READ_ONLY', 'Cannot write: the store was opened read-only', { key })
}
