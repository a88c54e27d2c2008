import type { Source } from './read-pieces.ts'

// By store, then by prefix of the cache. Two caches of one name over one store object share what is stored, and the lock.
const writers = new WeakMap<object, Map<string, object | undefined>>()

/** Notes that `writer` is about to change what is stored of a cache; `undefined` for one that will not write again. */
export function noteWriter({ store, keys }: Source, writer: object | undefined): void {
  const ofStore = writers.get(store)
  if (ofStore === undefined) writers.set(store, new Map([[keys.prefix, writer]]))
  else ofStore.set(keys.prefix, writer)
}

/** Whether nobody of this process but `writer` has changed what is stored of a cache since it did. */
export function isLastWriter({ store, keys }: Source, writer: object): boolean {
  return writers.get(store)?.get(keys.prefix) === writer
}
