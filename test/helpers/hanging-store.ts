import { CacheError } from '../../src/errors.ts'
import type { Store } from '../../src/store/store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from './intercepted-store.ts'

/** A store of which one call does not end by itself. */
export interface HangingStore {
  readonly store: Store
  readonly calls: () => number
  /** Resolves when the call that hangs was made. */
  readonly hangs: Promise<StoreCall['verb']>
  /** Starts counting; until then calls pass. */
  arm(): void
  /** Makes the call that hung take effect after all, long after it was given up. */
  finish(): Promise<void>
}

/** Call number `hangAt` (from 1) hangs until its signal is aborted, and then rejects without having done anything. */
export function hangingStore(disk: Store, hangAt: number, batched = false): HangingStore {
  let calls = 0
  let isArmed = false
  let tell = (_: StoreCall['verb']): void => undefined
  let finish = async (): Promise<unknown> => undefined
  const hangs = new Promise<StoreCall['verb']>(resolve => {
    tell = resolve
  })
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    if (!isArmed || ++calls !== hangAt) return await run()
    // A call that was given up has lost its bytes to the caller: what is written late was copied before.
    const value = call.value?.slice()
    finish = value === undefined ? run : async () => await disk.store(call.key, value)
    tell(call.verb)
    return await new Promise<T>((_, reject) => {
      const abort = (): void =>
        reject(new CacheError('ABORTED', 'The call was aborted', { cause: call.signal?.reason }))
      if (call.signal?.aborted === true) abort()
      else call.signal?.addEventListener('abort', abort, { once: true })
    })
  }
  return {
    store: batched ? new InterceptedBatchStore(disk, intercept) : new InterceptedStore(disk, intercept),
    calls: () => calls,
    hangs,
    arm: () => {
      isArmed = true
    },
    finish: async () => void (await finish()),
  }
}
