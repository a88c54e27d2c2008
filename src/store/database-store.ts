import {
  checkBytes,
  checkKey,
  checkOneOf,
  checkOperation,
  checkOptionNames,
  checkPrefix,
  checkSignal,
  isKeySize,
} from '../core/check.ts'
import { RunningCalls } from '../core/running-calls.ts'
import { CacheError } from '../errors.ts'
import { type Durability, durabilities } from './durability.ts'
import type { LevelDatabase, LevelKeyIterator, LevelOperation, LevelRangeOptions } from './level-database.ts'
import { levelError } from './level-error.ts'
import type { LevelHandle } from './level-handle.ts'
import { prefixEnd } from './prefix-end.ts'
import type { Store, StoreOperation, StoreOptions } from './store.ts'

/** Options of a {@link DatabaseStore} over a database that is passed in. */
export interface DatabaseStoreOptions {
  /**
   * What a resolved write has survived; `'power'` writes with LevelDB's `sync`, in a browser with the durability
   * `strict` of IndexedDB. Databases without such a choice (memory) ignore it.
   * @default 'power'
   */
  readonly durability?: Durability | undefined
}

const encodings = { keyEncoding: 'utf8', valueEncoding: 'view' } as const
// Bounds what one step of a listing holds; the default of 16 KiB makes LevelDB's iterators four times slower.
const highWaterMarkBytes = 16 * 1024 * 1024
const keysPerStep = 1000

/**
 * A {@link Store} over any abstract-level database passed in: what `LevelStore` is everywhere, before it opens databases
 * of its own. `batch` is one batch of the database: all or nothing, also across a crash.
 *
 * Values may be of any size that fits in memory. Errors: `LOCKED`, `CORRUPT`, `STORE_FULL`, `NO_ACCESS`, `READ_ONLY`,
 * `CLOSED`, `ABORTED`, and `IO` for the rest.
 */
export class DatabaseStore implements Store {
  /**
   * The level that writes have. For a database passed in it is what was asked for; `'process'` although `'power'` was
   * asked for where IndexedDB knows no durability.
   */
  readonly durability: Durability
  readonly #database: LevelDatabase
  readonly #sync: boolean
  readonly #running = new RunningCalls()
  #handle: LevelHandle | undefined
  #closed: Promise<void> | undefined

  /** Whether a lock keeps other writers out: LevelDB's, or that of the tabs; false for a database passed in. */
  get exclusive(): boolean {
    return this.#handle?.isAlone ?? false
  }

  /** Uses `database`, which stays the caller's: closing the store leaves it open. It is opened by its first use. */
  constructor(database: LevelDatabase, options: DatabaseStoreOptions = {}) {
    checkOptionNames(options, ['durability'])
    checkDatabase(database)
    this.durability = options.durability ?? 'power'
    checkOneOf('durability', this.durability, durabilities)
    this.#database = database
    this.#sync = this.durability === 'power'
  }

  /** Makes the database this store's own: it is used through `handle`, and `close` closes it. */
  protected own(handle: LevelHandle): this {
    this.#handle = handle
    return this
  }

  async *list(prefix: string, options: StoreOptions = {}): AsyncGenerator<string> {
    this.#check(options)
    checkPrefix(prefix)
    const action = 'Cannot list keys'
    const opening = this.#read(async () => this.#database.keys(rangeOf(prefix)))
    try {
      const iterator: LevelKeyIterator = await this.#finish(opening, action, options)
      for (;;) {
        this.#check(options)
        const keys = await this.#finish(iterator.nextv(keysPerStep), action, options)
        if (keys.length === 0) return
        for (const key of keys) {
          checkSignal(options.signal)
          if (isKeySize(key)) yield key
        }
      }
    } finally {
      // Also if the wait for it was aborted.
      await opening.then(iterator => iterator.close()).catch(() => undefined)
    }
  }

  async load(key: string, options: StoreOptions = {}): Promise<Uint8Array | undefined> {
    this.#check(options, key)
    const work = this.#read(() => getOne(this.#database, key))
    return this.#own(await this.#finish(work, 'Cannot load a value', options, key))
  }

  async loadMany(keys: readonly string[], options: StoreOptions = {}): Promise<(Uint8Array | undefined)[]> {
    this.#check(options, ...keys)
    const work = this.#read(() => this.#database.getMany([...keys], encodings))
    const values = await this.#finish(work, 'Cannot load values', options)
    return values.map(value => this.#own(value))
  }

  async store(key: string, value: Uint8Array, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    checkBytes(value)
    const work = this.#write(value.byteLength, options, () =>
      this.#database.put(key, this.#lend(value), { ...encodings, sync: this.#sync }),
    )
    await this.#finish(work, 'Cannot store a value', options, key)
  }

  async remove(key: string, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    const work = this.#write(0, options, () =>
      this.#database.del(key, { keyEncoding: encodings.keyEncoding, sync: this.#sync }),
    )
    await this.#finish(work, 'Cannot remove a key', options, key)
  }

  async batch(operations: readonly StoreOperation[], options: StoreOptions = {}): Promise<void> {
    this.#check(options)
    let bytes = 0
    for (const operation of operations) {
      checkOperation(operation)
      if (operation.type === 'store') bytes += operation.value.byteLength
    }
    const copies = operations.map(
      (operation): LevelOperation =>
        operation.type === 'store'
          ? { type: 'put', key: operation.key, value: this.#lend(operation.value) }
          : { type: 'del', key: operation.key },
    )
    const work = this.#write(bytes, options, () => this.#database.batch(copies, { ...encodings, sync: this.#sync }))
    await this.#finish(work, 'Cannot write a batch', options)
  }

  /** Waits for the calls that are under way; then closes the database if `open` made it. */
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
      await this.#handle?.close()
    } catch (error) {
      throw levelError(error, 'Cannot close the database')
    }
  }

  #read<T>(run: () => Promise<T>): Promise<T> {
    return this.#handle === undefined ? run() : this.#handle.read(run)
  }

  #write(bytes: number, options: StoreOptions, run: () => Promise<void>): Promise<void> {
    if (this.#handle === undefined) return run()
    return this.#handle.write(bytes, async () => {
      // The caller may have changed the bytes since an abort.
      checkSignal(options.signal)
      await run()
    })
  }

  // A database of ours copies what goes in and out; of others that is not known: memory-level hands out its own bytes.
  #lend(value: Uint8Array): Uint8Array {
    return this.#handle === undefined ? new Uint8Array(value) : value
  }

  #own(value: Uint8Array | undefined): Uint8Array | undefined {
    if (value === undefined) return undefined
    if (this.#handle === undefined) return new Uint8Array(value)
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }

  // Names what failed.
  async #finish<T>(work: Promise<T>, action: string, options: StoreOptions, key?: string): Promise<T> {
    try {
      return await this.#running.wait(work, options.signal)
    } catch (error) {
      throw levelError(error, action, key)
    }
  }

  #check(options: StoreOptions, ...keys: string[]): void {
    if (this.#closed !== undefined) throw new CacheError('CLOSED', 'The store is closed')
    checkSignal(options.signal)
    for (const key of keys) checkKey(key)
  }
}

function rangeOf(prefix: string): LevelRangeOptions {
  const range = { keyEncoding: encodings.keyEncoding, highWaterMarkBytes }
  if (prefix === '') return range
  const end = prefixEnd(prefix)
  return end === undefined ? { ...range, gte: prefix } : { ...range, gte: prefix, lt: end }
}

// Versions of abstract-level before 2 reject for an absent key.
async function getOne(database: LevelDatabase, key: string): Promise<Uint8Array | undefined> {
  try {
    return await database.get(key, encodings)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'LEVEL_NOT_FOUND') return undefined
    throw error
  }
}

function checkDatabase(database: LevelDatabase): void {
  if (typeof database?.getMany === 'function' && typeof database.keys === 'function') return
  throw new TypeError('Database must be an abstract-level database')
}
