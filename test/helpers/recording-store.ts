import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from './intercepted-store.ts'

/** A store that keeps a list of the calls it got. */
export interface RecordingStore {
  readonly store: Store
  readonly calls: StoreCall[]
  /** The keys that were loaded since the last call of this function, one by one or in bulk. */
  takeLoads(): string[]
  /** Number of calls that write since the last call of this function. */
  takeWrites(): number
}

/** Records what reaches `disk`; `batched` has `batch` and `loadMany` too. */
export function recordingStore(disk: Store = new MemoryStore(), batched = false): RecordingStore {
  const calls: StoreCall[] = []
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    calls.push(call)
    return await run()
  }
  let loadsFrom = 0
  let writesFrom = 0
  return {
    store: batched ? new InterceptedBatchStore(disk, intercept) : new InterceptedStore(disk, intercept),
    calls,
    takeLoads() {
      const loads = calls.slice(loadsFrom).filter(call => call.verb === 'load' || call.verb === 'loadMany')
      loadsFrom = calls.length
      return loads.flatMap(call => call.keys)
    },
    takeWrites() {
      const writes = calls.slice(writesFrom).filter(call => call.isWrite)
      writesFrom = calls.length
      return writes.length
    },
  }
}
