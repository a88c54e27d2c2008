import { dirname, join } from 'node:path'
import type { FileEntry, FileSystem } from '../../store/file-io.ts'
import { retrySharing, retryTransient } from '../../store/retry.ts'
import { SharedSync } from '../../store/shared-sync.ts'
import { canSyncDirectory, prepareDirectory, syncDirectory } from '../../store/store-directory.ts'
import { isMissing } from './is-missing.ts'

const maxAnchored = 10_000

/** The directory of a store, and what its parts do in it alike. */
export class BlobDirectory {
  /** Absolute. */
  readonly path: string
  /** Where what is no entry lives: `temp`, `claims`, the index. */
  readonly workPath: string
  readonly system: FileSystem
  /** Whether files are flushed. */
  readonly fsync: boolean
  /** Whether names are, too: not every file system can. */
  canSync: boolean
  // Directories that are there after a loss of power.
  readonly #anchored = new Set<string>()
  readonly #syncs = new Map<string, { readonly sync: SharedSync; users: number }>()

  constructor(path: string, workPath: string, system: FileSystem, fsync: boolean) {
    this.path = path
    this.workPath = workPath
    this.system = system
    this.fsync = fsync
    this.canSync = fsync
  }

  get temp(): string {
    return join(this.workPath, 'temp')
  }

  get claims(): string {
    return join(this.workPath, 'claims')
  }

  /** Makes sure of the directories beside the entries. */
  async prepareWork(): Promise<void> {
    for (const path of [this.workPath, this.temp, this.claims]) await this.makePrivate(path)
  }

  /** Makes a directory that only its owner can enter, if there is none. */
  async makePrivate(path: string): Promise<void> {
    this.#anchored.delete(path)
    await prepareDirectory(this.system, path, this.fsync)
  }

  /** Entries of a directory; none if it is not there. */
  async list(path: string): Promise<readonly FileEntry[]> {
    try {
      return await retryTransient(() => this.system.blocking.readdir(path))
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  /** Whether there is a directory of that name, which is no link to one. */
  async isDirectory(path: string): Promise<boolean> {
    try {
      return (await this.system.blocking.lstat(path)).isDirectory()
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }

  /** Removes a file; whether there was one. */
  async unlink(path: string): Promise<boolean> {
    try {
      await retrySharing(() => this.system.blocking.unlink(path), this.system.platform)
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }

  /** To be called of a directory that was made by other means than {@link makePrivate}. */
  wasMade(path: string): void {
    this.#anchored.delete(path)
  }

  /**
   * Flushes the names in a directory and those that lead to it, if the store flushes; calls at the same time share one flush.
   */
  async sync(path: string): Promise<void> {
    if (!this.canSync) return
    if (await this.#flush(path)) await this.#anchor(path)
    // Of what is not there the directory above it knows.
    else if (path !== this.path) await this.sync(dirname(path))
  }

  // Who made the directory may not have flushed its name yet, or may have died before.
  async #anchor(path: string): Promise<void> {
    if (this.#anchored.has(path)) return
    const parent = dirname(path)
    if (path === this.path) await canSyncDirectory(this.system, parent)
    else {
      await this.#flush(parent)
      await this.#anchor(parent)
    }
    if (this.#anchored.size >= maxAnchored) this.#anchored.clear()
    this.#anchored.add(path)
  }

  // Whether there is such a directory.
  async #flush(path: string): Promise<boolean> {
    let shared = this.#syncs.get(path)
    if (shared === undefined) {
      shared = { sync: new SharedSync(() => syncDirectory(this.system, path)), users: 0 }
      this.#syncs.set(path, shared)
    }
    shared.users++
    try {
      await shared.sync.run()
      return true
    } catch (error) {
      // Someone removed it with everything in it.
      if (isMissing(error)) return false
      throw error
    } finally {
      if (--shared.users === 0) this.#syncs.delete(path)
    }
  }
}
