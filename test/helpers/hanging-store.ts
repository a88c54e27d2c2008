import { CacheError } from '../../src/errors.ts'
import type { Store } from '../../src/store/store.ts'
import { InterceptedStore, type StoreCall } from './intercepted-store.ts'

/** A store of which one call does not end by itself. */
export interface HangingStore {
  readonly store: Store
  readonly calls: () => number
  /** Resolves when the call that hangs was made. */
  readonly hangs: Promise<void>
}

/** Call number `hangAt` (from 1) hangs until its signal is aborted, and then rejects without having done anything. */
export function hangingStore(disk: Store, hangAt: number): HangingStore {
  let calls = 0
  let tell = (): void => undefined
  const hangs = new Promise<void>(resolve => {
    tell = resolve
  })
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    if (++calls !== hangAt) return await run()
    tell()
    return await new Promise<T>((_, reject) => {
      const abort = (): void =>
        reject(new CacheError('ABORTED', 'The call was aborted', { cause: call.signal?.reason }))
      if (call.signal?.aborted === true) abort()
      else call.signal?.addEventListener('abort', abort, { once: true })
    })
  }
  return { store: new InterceptedStore(disk, intercept), calls: () => calls, hangs }
}
