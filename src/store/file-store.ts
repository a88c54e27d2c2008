import { dirname, join, resolve } from 'node:path'
import pLimit, { type LimitFunction } from 'p-limit'
import { keyFromHex, keyToHex } from '../bytes/file-name.ts'
import { abortable } from '../core/abortable.ts'
import {
  checkBoolean,
  checkBytes,
  checkInteger,
  checkKey,
  checkOneOf,
  checkOptionNames,
  checkPrefix,
  checkSignal,
} from '../core/check.ts'
import { RunningCalls } from '../core/running-calls.ts'
import { CacheError } from '../errors.ts'
import { isRegularFile, writeFileAtomically } from './atomic-file.ts'
import { DirectoryHold } from './directory-hold.ts'
import { type Durability, durabilities } from './durability.ts'
import { fileError, systemCode } from './file-error.ts'
import { type FileIo, type FileSystem, realFileSystem } from './file-io.ts'
import { keyFile, listKeys, type Readers, readKeyFile, smallBytes } from './key-file.ts'
import { KeyQueue } from './key-queue.ts'
import { retrySharing } from './retry.ts'
import { SharedSync } from './shared-sync.ts'
import type { Store, StoreOptions } from './store.ts'
import { canSyncDirectory, syncDirectory } from './store-directory.ts'
import { Turns } from './turns.ts'

export type { Durability } from './durability.ts'

/** Options of {@link FileStore.open}. */
export interface FileStoreOptions {
  /**
   * What a resolved write has survived. `'power'` flushes every file and the directory; `'process'` flushes nothing
   * and makes small values several times faster.
   * @default 'power'
   */
  readonly durability?: Durability | undefined
  /**
   * Allow one writer per directory and machine; a second one is refused with `LOCKED`.
   * @default true
   */
  readonly lock?: boolean | undefined
  /**
   * Only read: needs no lock and changes nothing on disk; writes are refused with `READ_ONLY`.
   * @default false
   */
  readonly readOnly?: boolean | undefined
  /**
   * How many files may be open at once.
   * @default 64
   */
  readonly maxOpenFiles?: number | undefined
  /** Ends the wait for `open` with `ABORTED`. */
  readonly signal?: AbortSignal | undefined
  /** Internal, for tests that let the file system fail: the calls to make instead of the real ones. */
  readonly io?: FileSystem | undefined
}

const optionNames = ['durability', 'lock', 'readOnly', 'maxOpenFiles', 'signal', 'io'] as const

interface Parts {
  readonly hold: DirectoryHold
  readonly system: FileSystem
  readonly asked: Durability
  readonly readOnly: boolean
  readonly maxOpenFiles: number
}

// Only `open` makes the parts, so that no store exists whose directory was not looked at.
const made = new WeakSet<Parts>()

/**
 * A {@link Store} in a directory: one file per key, each written whole or not at all. The file name is the lower-case
 * hex of the key's UTF-8 bytes, as in Tailscale's cache directories; keys over 100 bytes are in files named by a
 * digest (docs/stores.md has the grammar). Names of any other form, links, FIFOs and directories are left alone.
 *
 * Values may be of any size that fits in memory. `store` and `remove` of one key take effect in the order of the calls.
 * Errors: `STORE_FULL`, `NO_ACCESS`, `READ_ONLY`, `NOT_A_DIRECTORY`, `LOCKED`, `CLOSED`, `ABORTED`, and `IO` for the rest.
 */
export class FileStore implements Store {
  /** Absolute path of the directory. */
  readonly dir: string
  /**
   * The level that writes really have: `'process'` although `'power'` was asked for, where the file system cannot
   * flush a directory (files are flushed all the same).
   */
  readonly durability: Durability
  readonly #hold: DirectoryHold
  readonly #system: FileSystem
  readonly #flushFiles: boolean
  readonly #readOnly: boolean
  readonly #readers: Readers
  readonly #limit: LimitFunction
  readonly #queue = new KeyQueue()
  readonly #turns = new Turns()
  readonly #sync: SharedSync
  readonly #running = new RunningCalls()
  #isAnchored = false
  // A flush of names that failed is owed to whoever is told next that something is done.
  #owesFlush = false
  #closed: Promise<void> | undefined

  private constructor(parts: Parts) {
    if (!made.has(parts)) throw new TypeError('FileStore has no public constructor, use FileStore.open')
    const { hold, system, asked } = parts
    this.dir = hold.directory
    this.durability = asked === 'power' && hold.canSync ? 'power' : 'process'
    this.#hold = hold
    this.#system = system
    this.#flushFiles = asked === 'power'
    this.#readOnly = parts.readOnly
    this.#readers = { small: system.blocking, large: system.pooled, platform: system.platform }
    this.#limit = pLimit(parts.maxOpenFiles)
    this.#sync = new SharedSync(() => this.#flushNames())
  }

  /** Whether the directory is locked for this store, and still the one at its path. */
  get exclusive(): boolean {
    return this.#hold.isExclusive
  }

  /**
   * Opens the directory `dir`, creating it and its parents (mode 0700) unless `readOnly`. An existing directory that
   * others can enter is made private; temporary files of dead writers are removed.
   * Errors: `LOCKED`, `NOT_A_DIRECTORY`, `NO_ACCESS`, `READ_ONLY`, `UNAVAILABLE` (no lock to be had), `ABORTED`, `IO`.
   */
  static async open(dir: string, options: FileStoreOptions = {}): Promise<FileStore> {
    checkDirectoryPath(dir)
    checkOptionNames(options, optionNames)
    const { lock = true, readOnly = false, maxOpenFiles = 64, signal, io: system = realFileSystem } = options
    const asked = options.durability ?? 'power'
    checkOneOf('durability', asked, durabilities)
    checkBoolean('lock', lock)
    checkBoolean('readOnly', readOnly)
    checkInteger('maxOpenFiles', maxOpenFiles, 1)
    checkSignal(signal)
    const directory = resolve(dir)
    try {
      const hold = await DirectoryHold.open({ directory, system, fsync: asked === 'power', lock, readOnly })
      if (signal?.aborted) await hold.release()
      checkSignal(signal)
      const parts = { hold, system, asked, readOnly, maxOpenFiles }
      made.add(parts)
      return new FileStore(parts)
    } catch (error) {
      throw fileError(error, `Cannot open ${directory}`)
    }
  }

  async *list(prefix: string, options: StoreOptions = {}): AsyncGenerator<string> {
    this.#check(options)
    checkPrefix(prefix)
    const work = this.#limit(() => listKeys(this.#readers, this.dir, keyToHex(prefix)))
    const hexes = await this.#finish(work, 'list keys', options)
    await this.#turns.next()
    for (const hex of hexes) {
      checkSignal(options.signal)
      const key = keyFromHex(hex)
      if (key !== undefined) yield key
    }
  }

  async load(key: string, options: StoreOptions = {}): Promise<Uint8Array | undefined> {
    this.#check(options, key)
    return await this.#finish(this.#load(key), 'load a value', options, key)
  }

  async loadMany(keys: readonly string[], options: StoreOptions = {}): Promise<(Uint8Array | undefined)[]> {
    this.#check(options, ...keys)
    const loads = keys.map(key => this.#finish(this.#load(key), 'load a value', {}, key))
    return await abortable(Promise.all(loads), options.signal)
  }

  async store(key: string, value: Uint8Array, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    checkBytes(value)
    this.#checkWritable('store a value', key)
    const work = this.#queue.run(key, () => this.#limit(() => this.#write(key, value, options.signal)))
    await this.#finish(work, 'store a value', options, key)
  }

  async remove(key: string, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    this.#checkWritable('remove a key', key)
    const work = this.#queue.run(key, () => this.#limit(() => this.#remove(key, options.signal)))
    await this.#finish(work, 'remove a key', options, key)
  }

  /** Waits for the calls that are under way, then gives the lock back. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    await this.#running.ended()
    await this.#hold.release()
  }

  async #load(key: string): Promise<Uint8Array | undefined> {
    // Before a place among the open files is taken: the write that is waited for needs one as well.
    await this.#queue.ended(key)
    const value = await this.#limit(() => readKeyFile(this.#readers, this.dir, keyFile(key)))
    // Afterwards: before, a later write of the key could overtake this.
    await this.#turns.next()
    return value
  }

  async #write(key: string, value: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    checkSignal(signal)
    const { name, header } = keyFile(key)
    const parts = header.byteLength === 0 ? [value] : [header, value]
    const write = {
      directory: this.dir,
      name,
      parts,
      fsync: this.#flushFiles,
      platform: this.#system.platform,
      signal,
    }
    const io = this.#writer(value.byteLength)
    // Another writer may hold what is there by now.
    if (this.#hold.isReplaced) await this.#renew()
    try {
      await writeFileAtomically(io, write)
    } catch (error) {
      // The directory is gone, or someone tidied the temporary file away.
      if (systemCode(error) !== 'ENOENT') throw error
      await this.#renew()
      await writeFileAtomically(io, write)
    }
    await this.#flushDirectory()
  }

  async #remove(key: string, signal: AbortSignal | undefined): Promise<void> {
    checkSignal(signal)
    const io = this.#writer(0)
    const path = join(this.dir, keyFile(key).name)
    if (!(await retrySharing(() => isRegularFile(io, path), this.#system.platform))) {
      if (this.#owesFlush) await this.#flushDirectory()
      return
    }
    try {
      await retrySharing(() => io.unlink(path), this.#system.platform)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
    await this.#flushDirectory()
  }

  async #renew(): Promise<void> {
    await this.#hold.renew()
    this.#isAnchored = false
  }

  async #flushDirectory(): Promise<void> {
    if (this.durability !== 'power') return
    try {
      await this.#sync.run()
      this.#owesFlush = false
    } catch (error) {
      this.#owesFlush = true
      throw error
    }
  }

  async #flushNames(): Promise<void> {
    // Who made the directory may have been killed before it flushed the name of it.
    const isAnchored = this.#isAnchored
    // Before the wait, in which the directory may be replaced by another.
    this.#isAnchored = true
    try {
      if (!isAnchored) await canSyncDirectory(this.#system, dirname(this.dir))
    } catch (error) {
      this.#isAnchored = false
      throw error
    }
    await syncDirectory(this.#system, this.dir)
  }

  #writer(size: number): FileIo {
    return !this.#flushFiles && size <= smallBytes ? this.#system.blocking : this.#system.pooled
  }

  // Names what failed.
  async #finish<T>(work: Promise<T>, action: string, options: StoreOptions, key?: string): Promise<T> {
    try {
      return await this.#running.wait(work, options.signal)
    } catch (error) {
      throw fileError(error, `Cannot ${action} in ${this.dir}`, key)
    }
  }

  #check(options: StoreOptions, ...keys: string[]): void {
    if (this.#closed !== undefined) throw new CacheError('CLOSED', `The store of ${this.dir} is closed`)
    checkSignal(options.signal)
    for (const key of keys) checkKey(key)
  }

  #checkWritable(action: string, key: string): void {
    if (!this.#readOnly) return
    throw new CacheError('READ_ONLY', `Cannot ${action} in ${this.dir}: the store was opened read-only`, { key })
  }
}

function checkDirectoryPath(dir: string): void {
  if (typeof dir !== 'string') throw new TypeError(`Directory must be a string, received ${typeof dir}`)
  if (dir === '' || dir.includes('\0')) throw new RangeError('Directory must not be empty or hold a NUL')
}
