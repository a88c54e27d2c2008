import { utf8Length } from '../bytes/utf8.ts'
import { checkBoolean, checkFunction, checkOneOf, checkOptionNames, checkPrefix, checkSignal } from '../core/check.ts'
import { type Durability, durabilities } from '../store/durability.ts'
import type { OpfsPlace } from './opfs-place.ts'

/** Options of `OpfsStore.open`. */
export interface OpfsStoreOptions {
  /**
   * What a resolved write has survived: `'power'` flushes before it answers, once for all writes that come at the same time;
   * `'process'` leaves that to the system.
   * @default 'power'
   */
  readonly durability?: Durability | undefined
  /**
   * Waits until the tab or worker that has the store open has gone, for as long as that takes; `signal` ends the wait.
   * @default false
   */
  readonly waitForLock?: boolean | undefined
  /**
   * Opens also what is damaged, with what is left of it, and in place of a damaged header an empty store. Removed keys
   * and older values may be back then. A `SnapshotCache` or `BlobCache` sees that; others might not.
   * @default false
   */
  readonly salvage?: boolean | undefined
  /** Ends the wait for `open` with `ABORTED`. */
  readonly signal?: AbortSignal | undefined
  /** Internal, for tests: where the files are. */
  readonly place?: ((name: string) => OpfsPlace) | undefined
  /** Internal, for tests: how many bytes of no use are not worth compacting. */
  readonly minGarbageBytes?: number | undefined
}

/** Options of an open, checked and complete. */
export interface OpfsOpening {
  readonly name: string
  readonly durability: Durability
  readonly waitForLock: boolean
  readonly salvage: boolean
  readonly signal: AbortSignal | undefined
  readonly place: ((name: string) => OpfsPlace) | undefined
  readonly minGarbageBytes: number
}

// The name of the directory is its hex, and names of files have 255 bytes at most.
const maxNameBytes = 100

/** Checks what `OpfsStore.open` was called with. Throws `ABORTED` if the signal is aborted already. */
export function checkOpfsOpening(name: string, options: OpfsStoreOptions): OpfsOpening {
  if (typeof name !== 'string') throw new TypeError(`Name must be a string, received ${typeof name}`)
  checkPrefix(name)
  if (name === '' || utf8Length(name) > maxNameBytes) {
    throw new RangeError(`Name must have 1 to ${maxNameBytes} bytes of UTF-8, received ${utf8Length(name)}`)
  }
  checkOptionNames(options, ['durability', 'waitForLock', 'salvage', 'signal', 'place', 'minGarbageBytes'])
  const { durability = 'power', waitForLock = false, salvage = false, signal, place } = options
  checkOneOf('durability', durability, durabilities)
  checkBoolean('waitForLock', waitForLock)
  checkBoolean('salvage', salvage)
  if (place !== undefined) checkFunction('place', place)
  checkSignal(signal)
  return { name, durability, waitForLock, salvage, signal, place, minGarbageBytes: options.minGarbageBytes ?? 2 ** 20 }
}
