import type { Source } from './read-pieces.ts'

/**
 * A value for each cache in this process: by store object, then by prefix. Two caches of one name over one store object
 * share what is stored, and so the value.
 */
export class PerCache<T> {
  readonly #byStore = new WeakMap<object, Map<string, T>>()

  get({ store, keys }: Source): T | undefined {
    return this.#byStore.get(store)?.get(keys.prefix)
  }

  set({ store, keys }: Source, value: T): void {
    const ofStore = this.#byStore.get(store)
    if (ofStore === undefined) this.#byStore.set(store, new Map([[keys.prefix, value]]))
    else ofStore.set(keys.prefix, value)
  }

  delete({ store, keys }: Source): void {
    this.#byStore.get(store)?.delete(keys.prefix)
  }
}
