import type { Store } from '../../src/store/store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from './intercepted-store.ts'

/** A store that says it did a write and did not: write number `lieAt`, from 1. */
export function forgetfulStore(disk: Store, lieAt: number, batched = false): { store: Store; writes: () => number } {
  let writes = 0
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    if (call.isWrite && ++writes === lieAt) return undefined as T
    return await run()
  }
  const store = batched ? new InterceptedBatchStore(disk, intercept) : new InterceptedStore(disk, intercept)
  return { store, writes: () => writes }
}
