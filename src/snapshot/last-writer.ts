import { PerCache } from './per-cache.ts'
import type { Source } from './read-pieces.ts'

const writers = new PerCache<object | undefined>()

/** Notes that `writer` is about to look at what is stored of a cache, to change it. */
export function noteWriter(source: Source, writer: object | undefined): void {
  writers.set(source, writer)
}

/** Whether nobody of this process but `writer` has looked, or changed what is stored of a cache, since it did. */
export function isLastWriter(source: Source, writer: object): boolean {
  return writers.get(source) === writer
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
