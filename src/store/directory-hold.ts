import { CacheError } from '../errors.ts'
import { lockDirectory } from './dir-lock.ts'
import { systemCode } from './file-error.ts'
import type { FileSystem } from './file-io.ts'
import type { DirectoryLock, LockTarget } from './lock-target.ts'
import { canSyncDirectory, prepareDirectory, removeStaleTemps } from './store-directory.ts'

/** What {@link DirectoryHold.open} does and takes. */
export interface HoldOptions {
  /** Absolute path. */
  readonly directory: string
  readonly system: FileSystem
  /** Flush directories that get new entries. */
  readonly fsync: boolean
  readonly lock: boolean
  readonly readOnly: boolean
}

/** A directory made ready for one store, with its lock. */
export class DirectoryHold {
  readonly directory: string
  /** Whether entries of the directory can be flushed; false without `fsync`. */
  readonly canSync: boolean
  readonly #options: HoldOptions
  #lock: DirectoryLock | undefined
  #identity: string
  #renewing: Promise<void> | undefined

  private constructor(options: HoldOptions, identity: string, canSync: boolean, lock: DirectoryLock | undefined) {
    this.directory = options.directory
    this.canSync = canSync
    this.#options = options
    this.#identity = identity
    this.#lock = lock
  }

  /** Creates and checks the directory, takes the lock and tidies up; with `readOnly` it only looks. */
  static async open(options: HoldOptions): Promise<DirectoryHold> {
    const { directory, system, fsync } = options
    if (options.readOnly) {
      await checkReadable(system, directory)
      return new DirectoryHold(options, '', fsync, undefined)
    }
    await prepareDirectory(system, directory, fsync)
    const target = await targetOf(system, directory)
    const lock = options.lock ? await lockDirectory(target, system.platform) : undefined
    try {
      // At every start, although it takes as long as the rest: what a process that died wrote last is there to be seen, and a
      // store of the same, which writes nothing, may say so only if it stays.
      const canSync = fsync && (await canSyncDirectory(system, directory))
      await removeStaleTemps(system, directory, options.lock)
      return new DirectoryHold(options, target.identity, canSync, lock)
    } catch (error) {
      await lock?.release()
      throw error
    }
  }

  /** Whether other writers are kept out of what is at the path now: the lock is that of the directory that was there. */
  get isExclusive(): boolean {
    return this.#lock !== undefined && !this.isReplaced
  }

  /** Whether the directory that is locked is not at its path any more. */
  get isReplaced(): boolean {
    if (this.#lock === undefined) return false
    const { directory, system } = this.#options
    try {
      return system.blocking.identity(directory) !== this.#identity
    } catch {
      return true
    }
  }

  /** Puts a directory that was removed in place again. The lock was that of the old one, so it is taken anew. */
  async renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined
    })
    await this.#renewing
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    await this.#lock?.release()
    this.#lock = undefined
  }

  async #renew(): Promise<void> {
    const { directory, system, fsync } = this.#options
    await prepareDirectory(system, directory, fsync)
    const target = await targetOf(system, directory)
    if (target.identity === this.#identity) return
    const old = this.#lock
    if (old !== undefined) this.#lock = await lockDirectory(target, system.platform)
    this.#identity = target.identity
    await old?.release()
  }
}

async function targetOf({ blocking }: FileSystem, directory: string): Promise<LockTarget> {
  return { directory, identity: await blocking.identity(directory), ownerId: (await blocking.stat(directory)).uid }
}

// A reader may come before the first writer: a directory that is not there yet is an empty one.
async function checkReadable(system: FileSystem, directory: string): Promise<void> {
  try {
    if ((await system.blocking.stat(directory)).isDirectory()) return
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw error
  }
  throw new CacheError('NOT_A_DIRECTORY', `Cannot open ${directory}: it is not a directory`)
}
