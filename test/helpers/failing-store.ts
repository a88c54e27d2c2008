import type { Store } from '../../src/store/store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from './intercepted-store.ts'

/** What a {@link failingStore} throws. */
export class Injected extends Error {
  override readonly name: string = 'Injected'
}

/** A store of which calls fail. */
export interface FailingStore {
  readonly store: Store
  /** Calls so far. */
  readonly calls: () => number
  /** Ends all failing. */
  heal(): void
}

/**
 * Fails call number `failAt` (from 1; reads count too), before it did anything or after it did all of it. `forGood` fails
 * all later ones as well.
 */
export function failingStore(
  disk: Store,
  failAt: number,
  when: 'before' | 'after',
  forGood: boolean,
  batched = false,
): FailingStore {
  let calls = 0
  let isHealed = false
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    calls++
    const isDue = !isHealed && (forGood ? calls >= failAt : calls === failAt)
    if (!isDue) return await run()
    if (when === 'after') await run()
    throw new Injected(`${call.verb} ${call.key}`)
  }
  return {
    store: batched ? new InterceptedBatchStore(disk, intercept) : new InterceptedStore(disk, intercept),
    calls: () => calls,
    heal: () => {
      isHealed = true
    },
  }
}
