import { checkBoolean, checkOneOf, checkOptionNames, checkSignal } from '../core/check.ts'
import type { DatabaseStoreOptions } from './database-store.ts'
import { type Durability, durabilities } from './durability.ts'
import type { LevelDatabase } from './level-database.ts'
import type { LevelGuard } from './level-guard.ts'

/** Options of `LevelStore.open`. */
export interface LevelStoreOpenOptions extends DatabaseStoreOptions {
  /**
   * One writer per database: a second one gets `LOCKED`. `false`, in browsers only: several tabs may write, each of whose
   * writes is whole.
   * @default true
   */
  readonly lock?: boolean | undefined
  /**
   * In browsers only: waits until the tab that holds the lock has gone, for as long as that takes; `signal` ends the wait.
   * @default false
   */
  readonly waitForLock?: boolean | undefined
  /**
   * In browsers only: needs no lock, so that it can be open beside a writer in another tab; writes are `READ_ONLY`.
   * @default false
   */
  readonly readOnly?: boolean | undefined
  /** Ends the wait for `open` with `ABORTED`. */
  readonly signal?: AbortSignal | undefined
  /** Internal, for tests: makes the database that is opened. */
  readonly database?: ((location: string) => LevelDatabase) | undefined
}

/** Options of an open, checked and complete. */
export interface LevelOpening {
  readonly location: string
  readonly durability: Durability
  readonly lock: boolean
  readonly waitForLock: boolean
  readonly readOnly: boolean
  readonly signal: AbortSignal | undefined
  readonly database: ((location: string) => LevelDatabase) | undefined
}

/** A database that was opened. */
export interface OpenedLevel {
  readonly database: LevelDatabase
  /** The level that its writes have. */
  readonly durability: Durability
  readonly guard: LevelGuard | undefined
}

/** Checks what `LevelStore.open` was called with. Throws `ABORTED` if the signal is aborted already. */
export function checkOpening(location: string, options: LevelStoreOpenOptions): LevelOpening {
  if (typeof location !== 'string') throw new TypeError(`Location must be a string, received ${typeof location}`)
  if (location === '' || location.includes('\0')) throw new RangeError('Location must not be empty or hold a NUL')
  checkOptionNames(options, ['durability', 'lock', 'waitForLock', 'readOnly', 'signal', 'database'])
  const { durability = 'power', lock = true, waitForLock = false, readOnly = false, signal, database } = options
  checkOneOf('durability', durability, durabilities)
  checkBoolean('lock', lock)
  checkBoolean('waitForLock', waitForLock)
  checkBoolean('readOnly', readOnly)
  if (waitForLock && (readOnly || !lock)) throw new RangeError('waitForLock needs a store that takes the lock')
  checkSignal(signal)
  return { location, durability, lock, waitForLock, readOnly, signal, database }
}
