import type { Store } from '../../src/store/store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from './intercepted-store.ts'

/** A store whose process dies at a write. */
export interface DyingStore {
  readonly store: Store
  /** Writes that were begun. */
  readonly writes: () => number
  readonly isDead: () => boolean
}

/** Thrown by everything after the death; a dead process would have nobody left to catch it. */
export class Dead extends Error {
  override readonly name: string = 'Dead'
}

/**
 * Dies before or after write number `deathAt` (from 1): nothing reaches `disk` afterwards. `half` leaves, of a value that
 * was being stored, the first half: what a store that writes in place may leave.
 */
export function dyingStore(
  disk: Store,
  deathAt: number,
  when: 'before' | 'after' | 'half',
  batched = false,
): DyingStore {
  let writes = 0
  let isDead = false
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    if (isDead) throw new Dead()
    if (!call.isWrite) return await run()
    writes++
    if (writes !== deathAt) return await run()
    isDead = true
    if (when === 'after') await run()
    if (when === 'half' && call.verb === 'store') {
      await disk.store(call.key, call.value!.slice(0, call.value!.byteLength >> 1))
    }
    throw new Dead()
  }
  return {
    store: batched ? new InterceptedBatchStore(disk, intercept) : new InterceptedStore(disk, intercept),
    writes: () => writes,
    isDead: () => isDead,
  }
}
