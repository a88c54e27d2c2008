import type { Store } from '../store/store.ts'

/** Does a writing call, or not; `what` says in words which. */
export type Watch = (what: string, run: () => Promise<void>) => Promise<void>

/** `store`, whose writing calls all go through `watch`. It has the optional calls that `store` has, and no `close`. */
export function watchedStore(store: Store, watch: Watch): Store {
  const { loadMany, batch } = store
  return {
    list: (prefix, options) => store.list(prefix, options),
    load: (key, options) => store.load(key, options),
    store: (key, value, options) => watch(`store(${key})`, () => store.store(key, value, options)),
    remove: (key, options) => watch(`remove(${key})`, () => store.remove(key, options)),
    ...(loadMany !== undefined && { loadMany: (keys, options) => loadMany.call(store, keys, options) }),
    ...(batch !== undefined && {
      batch: (operations, options) => {
        const what = `batch() of ${operations.length} operations`
        return watch(what, () => batch.call(store, operations, options))
      },
    }),
  }
}
