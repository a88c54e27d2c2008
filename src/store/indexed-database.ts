import { inOwnMemory } from '../bytes/in-own-memory.ts'
import { utf8Decode, utf8Encode } from '../bytes/utf8.ts'
import type {
  LevelDatabase,
  LevelKeyIterator,
  LevelKeyOptions,
  LevelOperation,
  LevelRangeOptions,
  LevelValueOptions,
  LevelWriteOptions,
} from './level-database.ts'

const maxAttempts = 5

/**
 * A database of IndexedDB, laid out as the package browser-level does: an object store of the database's name in
 * `level-js-<name>`, keys and values as bytes. Each call is one transaction: all or nothing, also across a crash.
 *
 * Not that package itself: it is ten times the code, needs polyfills of Node's modules, keeps the whole buffer behind a
 * view, has no say in durability, and does not hear that the browser closed the database.
 */
export class IndexedDatabase implements LevelDatabase {
  readonly #name: string
  #connection: IDBDatabase | undefined
  #opening: Promise<void> | undefined
  #wasLost = false
  #canBeStrict = false

  constructor(name: string) {
    this.#name = name
  }

  get status(): 'open' | 'closed' {
    return this.#connection === undefined ? 'closed' : 'open'
  }

  /** Whether it was ever closed by others: by the browser, to clear its data, or by who removes the database. */
  get wasLost(): boolean {
    return this.#wasLost
  }

  /** Whether this browser can be told to flush a write to the disk. */
  get canBeStrict(): boolean {
    return this.#canBeStrict
  }

  /** Opens it, once for all who ask at the same time: a connection that nobody knows of would keep others waiting. */
  async open(): Promise<void> {
    if (this.#connection !== undefined) return
    this.#opening ??= this.#openAnew().finally(() => {
      this.#opening = undefined
    })
    await this.#opening
  }

  async #openAnew(): Promise<void> {
    const connection = await this.#connect()
    const lose = (): void => this.#lose(connection)
    connection.onclose = lose
    // It would keep whoever removes the database waiting.
    connection.onversionchange = lose
    this.#connection = connection
    this.#canBeStrict = this.#begin('readonly', true).transaction.durability === 'strict'
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined)
    this.#connection?.close()
    this.#connection = undefined
  }

  async get(key: string, _options: LevelValueOptions): Promise<Uint8Array | undefined> {
    return bytesOf(await this.#read(objects => objects.get(storedKey(key))))
  }

  async getMany(keys: string[], _options: LevelValueOptions): Promise<(Uint8Array | undefined)[]> {
    return (await this.#readAll(objects => keys.map(key => objects.get(storedKey(key))))).map(bytesOf)
  }

  async put(key: string, value: Uint8Array, { sync }: LevelValueOptions & LevelWriteOptions): Promise<void> {
    await this.#write(sync, objects => objects.put(inOwnMemory(value), storedKey(key)))
  }

  async del(key: string, { sync }: LevelKeyOptions & LevelWriteOptions): Promise<void> {
    await this.#write(sync, objects => objects.delete(storedKey(key)))
  }

  async batch(operations: LevelOperation[], { sync }: LevelValueOptions & LevelWriteOptions): Promise<void> {
    if (operations.length === 0) return
    await this.#write(sync, objects => {
      for (const operation of operations) {
        const key = storedKey(operation.key)
        if (operation.type === 'put') objects.put(inOwnMemory(operation.value), key)
        else objects.delete(key)
      }
    })
  }

  keys({ gte, lt }: LevelRangeOptions): LevelKeyIterator {
    const end = lt === undefined ? undefined : storedKey(lt)
    let after: IDBValidKey | undefined
    return {
      nextv: async size => {
        const start = after ?? (gte === undefined ? undefined : storedKey(gte))
        const range = rangeOf(start, end, after !== undefined)
        const keys = await this.#read(objects => objects.getAllKeys(range, size))
        after = keys.at(-1) ?? after
        return keys.map(keyText)
      },
      close: async () => undefined,
    }
  }

  // Clearing the data of an origin also ends an opening that comes at the wrong moment.
  async #connect(): Promise<IDBDatabase> {
    for (let attempt = 1; ; attempt++) {
      const request = indexedDB.open(`level-js-${this.#name}`, 1)
      request.onupgradeneeded = () => {
        if (!request.result.objectStoreNames.contains(this.#name)) request.result.createObjectStore(this.#name)
      }
      try {
        return await answerOf(request)
      } catch (error) {
        if (attempt === maxAttempts || !isNamed(error, 'AbortError')) throw error
        this.#wasLost = true
      }
    }
  }

  async #read<T>(ask: (objects: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const [answer] = await this.#readAll(objects => [ask(objects)])
    return answer!
  }

  // We never abort a read: the browser closed the database in the middle of it. It is then read once more.
  async #readAll<T>(ask: (objects: IDBObjectStore) => IDBRequest<T>[]): Promise<T[]> {
    const objects = this.#begin('readonly')
    try {
      return await Promise.all(ask(objects).map(answerOf))
    } catch (error) {
      if (!isNamed(error, 'AbortError')) throw error
      this.#lose(objects.transaction.db)
    }
    await this.open()
    return await Promise.all(ask(this.#begin('readonly')).map(answerOf))
  }

  // Done once the transaction is: that of a request alone can still be undone.
  async #write(isStrict: boolean, run: (objects: IDBObjectStore) => unknown): Promise<void> {
    const objects = this.#begin('readwrite', isStrict)
    const { transaction } = objects
    const { db } = transaction
    let onClose = (): void => undefined
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? new Error('The browser aborted the transaction'))
      onClose = () => reject(new Error('The browser closed the database'))
      // All that Chromium tells a transaction that was told to commit, when it clears the data meanwhile.
      db.addEventListener('close', onClose)
    }).finally(() => db.removeEventListener('close', onClose))
    try {
      run(objects)
      // Not before all of it was asked for; it saves the wait for the answers.
      transaction.commit?.()
    } catch (error) {
      transaction.abort()
      done.catch(() => undefined)
      throw error
    }
    await done
  }

  #begin(mode: 'readonly' | 'readwrite', isStrict = false): IDBObjectStore {
    if (this.#connection !== undefined) {
      try {
        const durability = isStrict ? 'strict' : 'relaxed'
        return this.#connection.transaction(this.#name, mode, { durability }).objectStore(this.#name)
      } catch (error) {
        // Closed by the browser, which has not said so yet.
        if (!isNamed(error, 'InvalidStateError')) throw error
        this.#lose(this.#connection)
      }
    }
    throw new NotOpenError('The database is not open')
  }

  #lose(connection: IDBDatabase): void {
    if (this.#connection !== connection) return
    this.#wasLost = true
    connection.close()
    this.#connection = undefined
  }
}

/** Says what abstract-level says of a database that is not open. */
class NotOpenError extends Error {
  readonly code = 'LEVEL_DATABASE_NOT_OPEN'
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

// As bytes, because IndexedDB orders text by UTF-16 units.
function storedKey(key: string): BufferSource & Uint8Array<ArrayBuffer> {
  return new Uint8Array(utf8Encode(key))
}

// The empty text, which no store has as a key, for what was put there by others.
function keyText(key: IDBValidKey): string {
  try {
    return key instanceof ArrayBuffer ? utf8Decode(new Uint8Array(key)) : ''
  } catch {
    return ''
  }
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value === undefined || value instanceof Uint8Array) return value
  return value instanceof ArrayBuffer ? new Uint8Array(value) : utf8Encode(String(value))
}

function rangeOf(start: IDBValidKey | undefined, end: IDBValidKey | undefined, isAfter: boolean): IDBKeyRange | null {
  if (start === undefined) return end === undefined ? null : IDBKeyRange.upperBound(end, true)
  return end === undefined ? IDBKeyRange.lowerBound(start, isAfter) : IDBKeyRange.bound(start, end, isAfter, true)
}
