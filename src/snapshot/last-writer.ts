import type { Source } from './read-pieces.ts'

// By store, then by prefix of the cache. Two caches of one name over one store object share what is stored, and the lock.
const writers = new WeakMap<object, Map<string, object | undefined>>()

/** Notes that `writer` is about to look at what is stored of a cache, to change it. */
export function noteWriter({ store, keys }: Source, writer: object | undefined): void {
  const ofStore = writers.get(store)
  if (ofStore === undefined) writers.set(store, new Map([[keys.prefix, writer]]))
  else ofStore.set(keys.prefix, writer)
}

/** Whether nobody of this process but `writer` has looked, or changed what is stored of a cache, since it did. */
export function isLastWriter({ store, keys }: Source, writer: object): boolean {
  return writers.get(store)?.get(keys.prefix) === writer
}

/**
 * Runs `change`, which changes what is stored. Unless `writer` was the last all along, everybody must look again: who
 * looked before or meanwhile has not seen all of it. `undefined` is for changes by nobody who writes again.
 */
export async function changeAs<T>(source: Source, writer: object | undefined, change: () => Promise<T>): Promise<T> {
  const checkLast = (): void => {
    if (writer === undefined || !isLastWriter(source, writer)) noteWriter(source, undefined)
  }
  checkLast()
  try {
    return await change()
  } finally {
    checkLast()
  }
}
