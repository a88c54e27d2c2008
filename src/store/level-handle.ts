import { CacheError } from '../errors.ts'
import type { LevelDatabase } from './level-database.ts'
import { hasLevelCode } from './level-error.ts'
import type { LevelGuard } from './level-guard.ts'

// What LevelDB writes when it opens, beside the content of its logs.
const openingBytes = 256 * 1024

/**
 * A database that we opened. After a write failed at the disk LevelDB refuses every further one for good, though reads
 * go on; only closing and opening helps. That is done once per failed write, and not while the disk is still full: then
 * opening would fail as well, and what is stored could not be read either.
 */
export class LevelHandle {
  readonly #database: LevelDatabase
  readonly #guard: LevelGuard | undefined
  #wedged = false
  #reopening: Promise<void> | undefined

  constructor(database: LevelDatabase, guard: LevelGuard | undefined) {
    this.#database = database
    this.#guard = guard
  }

  /** Whether every other writer is kept out. */
  get isAlone(): boolean {
    return this.#guard?.isAlone === true
  }

  /** Runs a read. If the database is closed after a failed opening, that is tried again first. */
  async read<T>(run: () => Promise<T>): Promise<T> {
    await this.#ready()
    try {
      return await run()
    } catch (error) {
      // It was reopened while this was under way.
      if (!hasLevelCode(error, 'LEVEL_DATABASE_NOT_OPEN')) throw error
    }
    await this.#ready()
    return await run()
  }

  /** Runs a write of about `bytes`, a second time after reopening if the first one fails at the disk. */
  async write(bytes: number, run: () => Promise<void>): Promise<void> {
    this.#guard?.checkWrite()
    if (this.#wedged) await this.#recover(bytes, undefined)
    try {
      await this.read(run)
    } catch (error) {
      if (!hasLevelCode(error, 'LEVEL_IO_ERROR')) throw error
      this.#wedged = true
      await this.#recover(bytes, error)
      await this.#again(run)
    }
  }

  /** Closes the database, after a reopening that is under way, and gives back what guards it. */
  async close(): Promise<void> {
    await this.#reopening?.catch(() => undefined)
    try {
      await this.#database.close()
    } finally {
      await this.#guard?.release()
    }
  }

  async #again(run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.#wedged = hasLevelCode(error, 'LEVEL_IO_ERROR')
      throw error
    }
  }

  async #ready(): Promise<void> {
    if (this.#reopening !== undefined || this.#database.status !== 'open') await this.#reopen()
  }

  async #recover(bytes: number, cause: unknown): Promise<void> {
    if (this.#guard?.hasRoom(bytes + openingBytes) === false) {
      throw new CacheError('STORE_FULL', 'Cannot write to the database: no space left', { cause })
    }
    await this.#reopen()
  }

  #reopen(): Promise<void> {
    this.#reopening ??= this.#closeAndOpen().finally(() => {
      this.#reopening = undefined
    })
    return this.#reopening
  }

  async #closeAndOpen(): Promise<void> {
    await this.#database.close()
    await this.#database.open()
    this.#wedged = false
  }
}
