import { abortable } from '../core/abortable.ts'
import { checkBytes, checkKey, checkOperation, checkPrefix, checkSignal } from '../core/check.ts'
import { RunningCalls } from '../core/running-calls.ts'
import { CacheError } from '../errors.ts'
import type { Durability } from '../store/durability.ts'
import type { Store, StoreOperation, StoreOptions } from '../store/store.ts'
import { lockTab } from '../store/tab-lock.ts'
import { LogHolder } from './log-holder.ts'
import { opfsError } from './opfs-error.ts'
import { checkOpfsOpening, type OpfsStoreOptions } from './opfs-options.ts'
import { opfsPlace } from './opfs-place.ts'
import { WriteQueue } from './write-queue.ts'

export type { Durability } from '../store/durability.ts'
export type { LogFiles } from './key-log.ts'
export type { OpfsStoreOptions } from './opfs-options.ts'
export type { OpfsPlace } from './opfs-place.ts'
export type { SyncFile } from './sync-file.ts'

/**
 * A `Store` in the origin-private file system of a browser, for dedicated workers: one log that is appended to, its keys in
 * memory. `batch` is all or nothing, also across a crash. Values are checked when they are loaded.
 *
 * Errors: `CORRUPT` (bytes that were flushed are damaged), `STORE_FULL`, `LOCKED`, `NO_ACCESS`, `CLOSED`, `ABORTED`, and
 * `IO` for the rest. Values may be of any size that fits in memory.
 */
export class OpfsStore implements Store {
  /** What a resolved write has survived. */
  readonly durability: Durability
  readonly #holder: LogHolder
  readonly #writes: WriteQueue
  readonly #running = new RunningCalls()
  #closed: Promise<void> | undefined

  private constructor(holder: LogHolder, durability: Durability) {
    this.#holder = holder
    this.durability = durability
    this.#writes = new WriteQueue(holder)
  }

  /**
   * Opens, and if need be creates, the store `name` (1 to 100 bytes of UTF-8) of this origin, in a dedicated worker. One
   * worker of all tabs has it open. What is read at once are the keys of the log, not the values.
   * Errors: `UNAVAILABLE` (outside of a dedicated worker, or no such files here), `LOCKED` (open elsewhere), `CORRUPT` (see
   * `salvage`), `FORMAT_NEWER`, `NO_ACCESS`, `STORE_FULL`, `ABORTED`, `IO`.
   */
  static async open(name: string, options: OpfsStoreOptions = {}): Promise<OpfsStore> {
    const { durability, waitForLock, salvage, signal, place, minGarbageBytes } = checkOpfsOpening(name, options)
    const files = (place ?? opfsPlace)(name)
    const lock = await lockTab(name, waitForLock, signal, 'opfs')
    const log = { salvage, flush: durability === 'power', random: Math.random, minGarbageBytes }
    const holder = new LogHolder(files, lock, log)
    const opening = holder.open()
    try {
      await abortable(opening, signal)
    } catch (error) {
      // Also if the wait for it was aborted.
      await opening.then(() => holder.close()).catch(() => undefined)
      await lock?.release()
      throw opfsError(error, `Cannot open ${name}`)
    }
    return new OpfsStore(holder, durability)
  }

  /** Whether nobody else wrote to it since it was opened, nor removed it. */
  get exclusive(): boolean {
    return this.#holder.isAlone
  }

  async *list(prefix: string, options: StoreOptions = {}): AsyncGenerator<string> {
    this.#check(options)
    checkPrefix(prefix)
    const keys = await this.#wait(
      this.#holder.read(log => log.keys(prefix)),
      'Cannot list keys',
      options,
    )
    for (const key of keys) {
      this.#check(options)
      yield key
    }
  }

  async load(key: string, options: StoreOptions = {}): Promise<Uint8Array | undefined> {
    this.#check(options, key)
    return await this.#wait(
      this.#holder.read(log => log.load(key)),
      'Cannot load a value',
      options,
      key,
    )
  }

  async loadMany(keys: readonly string[], options: StoreOptions = {}): Promise<(Uint8Array | undefined)[]> {
    this.#check(options, ...keys)
    const wanted = [...keys]
    const work = this.#holder.read(log => wanted.map(key => log.load(key)))
    return await this.#wait(work, 'Cannot load values', options)
  }

  async store(key: string, value: Uint8Array, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    checkBytes(value)
    await this.#write([{ type: 'store', key, value }], 'Cannot store a value', options, key)
  }

  async remove(key: string, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    await this.#write([{ type: 'remove', key }], 'Cannot remove a key', options, key)
  }

  async batch(operations: readonly StoreOperation[], options: StoreOptions = {}): Promise<void> {
    this.#check(options)
    for (const operation of operations) checkOperation(operation)
    await this.#write([...operations], 'Cannot write a batch', options)
  }

  /** Waits for the calls that are under way; then closes the files. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    await this.#running.ended()
    try {
      await this.#holder.close()
    } catch (error) {
      throw opfsError(error, 'Cannot close the store')
    }
  }

  async #write(
    operations: readonly StoreOperation[],
    action: string,
    options: StoreOptions,
    key?: string,
  ): Promise<void> {
    await this.#wait(this.#writes.add(operations, options.signal), action, options, key)
  }

  // Names what failed.
  async #wait<T>(work: Promise<T>, action: string, { signal }: StoreOptions, key?: string): Promise<T> {
    try {
      return await this.#running.wait(work, signal)
    } catch (error) {
      throw opfsError(error, action, key)
    }
  }

  #check(options: StoreOptions, ...keys: string[]): void {
    if (this.#closed !== undefined) throw new CacheError('CLOSED', 'The store is closed')
    checkSignal(options.signal)
    for (const key of keys) checkKey(key)
  }
}
