import { compareUtf8 } from '../bytes/utf8.ts'
import { checkBytes, checkKey, checkOperation, checkPrefix, checkSignal } from '../core/check.ts'
import { CacheError } from '../errors.ts'
import type { Store, StoreOperation, StoreOptions } from './store.ts'

/** A {@link Store} in memory: the reference implementation, and the one for tests. Nothing survives the process. */
export class MemoryStore implements Store {
  readonly #values = new Map<string, Uint8Array>()
  #closed = false

  async *list(prefix: string, options: StoreOptions = {}): AsyncGenerator<string> {
    this.#check(options)
    checkPrefix(prefix)
    const keys = [...this.#values.keys()].filter(key => key.startsWith(prefix)).sort(compareUtf8)
    for (const key of keys) {
      checkSignal(options.signal)
      yield key
    }
  }

  async load(key: string, options: StoreOptions = {}): Promise<Uint8Array | undefined> {
    this.#check(options, key)
    return this.#values.get(key)?.slice()
  }

  async store(key: string, value: Uint8Array, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    checkBytes(value)
    this.#values.set(key, new Uint8Array(value))
  }

  async remove(key: string, options: StoreOptions = {}): Promise<void> {
    this.#check(options, key)
    this.#values.delete(key)
  }

  async loadMany(keys: readonly string[], options: StoreOptions = {}): Promise<(Uint8Array | undefined)[]> {
    this.#check(options, ...keys)
    return keys.map(key => this.#values.get(key)?.slice())
  }

  async batch(operations: readonly StoreOperation[], options: StoreOptions = {}): Promise<void> {
    this.#check(options)
    for (const operation of operations) checkOperation(operation)
    for (const operation of operations) {
      if (operation.type === 'store') this.#values.set(operation.key, new Uint8Array(operation.value))
      else this.#values.delete(operation.key)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#values.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #check(options: StoreOptions, ...keys: string[]): void {
    if (this.#closed) throw new CacheError('CLOSED', 'The store is closed')
    checkSignal(options.signal)
    for (const key of keys) checkKey(key)
  }
}
