import { CacheError, isCacheError } from '../errors.ts'
import type { StoreOperation } from '../store/store.ts'
import type { TabLock } from '../store/tab-lock.ts'
import { KeyLog, type KeyLogOptions } from './key-log.ts'
import { isFull } from './opfs-error.ts'
import type { OpfsPlace } from './opfs-place.ts'

/**
 * The open log of a store, for as long as its files are there. The browser removes them without a word, and what is written
 * to them afterwards is lost; so each write asks. Then another log is begun, empty as the storage is.
 */
export class LogHolder {
  readonly #place: OpfsPlace
  readonly #lock: TabLock | undefined
  readonly #options: KeyLogOptions
  #log: KeyLog | undefined
  #opening: Promise<KeyLog> | undefined
  #wasLost = false

  constructor(place: OpfsPlace, lock: TabLock | undefined, options: KeyLogOptions) {
    this.#place = place
    this.#lock = lock
    this.#options = options
  }

  /** Whether every other writer is kept out, and was since it was opened; who clears the data of an origin asks nobody. */
  get isAlone(): boolean {
    return this.#lock?.isHeld !== false && !this.#wasLost
  }

  /** Opens the log, unless it is open. */
  open(): Promise<KeyLog> {
    if (this.#log !== undefined) return Promise.resolve(this.#log)
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** Reads from the log; from an empty one if the files turn out to be gone. */
  async read<T>(run: (log: KeyLog) => T): Promise<T> {
    const log = await this.open()
    try {
      return run(log)
    } catch (error) {
      if (isCacheError(error) || (await this.#isThere(log))) throw error
    }
    return run(await this.open())
  }

  /**
   * Writes each of the batches that `take` gives, whole or not at all, all with one flush, and gives what became of each: an
   * error, or nothing if it is done. From `take` to the end of the writing nothing else runs.
   */
  async write(take: () => readonly (readonly StoreOperation[])[]): Promise<readonly unknown[]> {
    if (this.#lock?.isHeld === false) throw new CacheError('LOCKED', 'Another tab took the lock of this store')
    const log = await this.open()
    const batches = take()
    if (batches.length === 0) return []
    // Asked while we write, which keeps this thread and not the one that answers. What goes after that would be as gone
    // if it went after our answer.
    const asked = this.#isThere(log)
    const results = writeAllOf(log, batches)
    if (await asked) return results
    const lost = new CacheError('IO', 'Cannot write: the files of the store were removed')
    return batches.map(() => lost)
  }

  /** Makes the log smaller if that is worth its while. */
  async tidy(): Promise<void> {
    const log = this.#log
    if (log?.hasGarbage !== true) return
    // Those who wait for a write have their answer first.
    await new Promise(resolve => setTimeout(resolve))
    if (this.#log === log) log.tidy()
  }

  /** Closes the files and gives back the lock. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined)
    const log = this.#log
    this.#log = undefined
    try {
      log?.close()
    } finally {
      await this.#lock?.release()
    }
  }

  async #open(): Promise<KeyLog> {
    const files = await this.#place.open()
    try {
      this.#log = KeyLog.open(files, this.#options)
      return this.#log
    } catch (error) {
      for (const file of files) file.close()
      throw error
    }
  }

  // If not, `log` is given up.
  async #isThere(log: KeyLog): Promise<boolean> {
    if (await this.#place.isThere()) return true
    this.#wasLost = true
    if (this.#log === log) {
      this.#log = undefined
      log.abandon()
    }
    return false
  }
}

// If there is no room for all, each is tried alone: one that is too large must not take the others with it.
function writeAllOf(log: KeyLog, batches: readonly (readonly StoreOperation[])[]): readonly unknown[] {
  try {
    log.write(batches)
    return batches.map(() => undefined)
  } catch (error) {
    if (batches.length === 1 || !isFull(error)) return batches.map(() => error)
  }
  return batches.map(batch => {
    try {
      log.write([batch])
      return undefined
    } catch (error) {
      return error
    }
  })
}
