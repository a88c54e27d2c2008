import { checkKey, checkPrefix } from '../core/check.ts'
import { checkStore } from '../core/check-store.ts'
import type { Store, StoreOperation, StoreOptions } from './store.ts'

/**
 * A view of `store` in which every key is seen without `prefix`. It holds nothing of its own: closing it leaves the
 * store open. Keys may be 1,024 bytes less the prefix. `batch` and `loadMany` are there if the store has them.
 */
export class PrefixStore implements Store {
  readonly #store: Store
  readonly #prefix: string
  readonly loadMany?: NonNullable<Store['loadMany']>
  readonly batch?: NonNullable<Store['batch']>

  constructor(store: Store, prefix: string) {
    checkStore(store)
    checkPrefix(prefix)
    this.#store = store
    this.#prefix = prefix
    if (store.loadMany !== undefined) {
      this.loadMany = async (keys, options) =>
        await store.loadMany!(
          keys.map(key => this.#full(key)),
          options,
        )
    }
    if (store.batch !== undefined) {
      this.batch = async (operations, options) => {
        const moved = operations.map((operation): StoreOperation => ({ ...operation, key: this.#full(operation.key) }))
        await store.batch!(moved, options)
      }
    }
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<string> {
    checkPrefix(prefix)
    for await (const key of this.#store.list(this.#prefix + prefix, options)) yield key.slice(this.#prefix.length)
  }

  async load(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return await this.#store.load(this.#full(key), options)
  }

  async store(key: string, value: Uint8Array, options?: StoreOptions): Promise<void> {
    await this.#store.store(this.#full(key), value, options)
  }

  async remove(key: string, options?: StoreOptions): Promise<void> {
    await this.#store.remove(this.#full(key), options)
  }

  // The empty key and lone surrogates are refused here: with the prefix in front they could pass the store's own check.
  #full(key: string): string {
    checkKey(key)
    return this.#prefix + key
  }
}
