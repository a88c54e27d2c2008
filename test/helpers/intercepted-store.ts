import type { Store, StoreOperation, StoreOptions } from '../../src/store/store.ts'

/** One call that reaches an {@link InterceptedStore}. */
export interface StoreCall {
  readonly verb: 'list' | 'load' | 'store' | 'remove' | 'loadMany' | 'batch'
  /** The key, the prefix of a listing, or the keys of a call on many, joined by spaces. */
  readonly key: string
  readonly keys: readonly string[]
  readonly value: Uint8Array | undefined
  /** What a call that writes is to change, in order. */
  readonly changes: readonly StoreOperation[]
  readonly isWrite: boolean
  readonly signal: AbortSignal | undefined
}

/** Does with a call whatever a test is about; `run` makes the store below do it. */
export type Intercept = <T>(call: StoreCall, run: () => Promise<T>) => Promise<T>

/** A store of the four methods that passes every call through a function first. */
export class InterceptedStore implements Store {
  readonly #inner: Store
  readonly #intercept: Intercept

  constructor(inner: Store, intercept: Intercept) {
    this.#inner = inner
    this.#intercept = intercept
  }

  async *list(prefix: string, options: StoreOptions = {}): AsyncGenerator<string> {
    const listing = async (): Promise<string[]> => {
      const keys: string[] = []
      for await (const key of this.#inner.list(prefix)) keys.push(key)
      return keys
    }
    yield* await this.#call('list', [prefix], options, listing)
  }

  async load(key: string, options: StoreOptions = {}): Promise<Uint8Array | undefined> {
    return await this.#call('load', [key], options, () => this.#inner.load(key))
  }

  async store(key: string, value: Uint8Array, options: StoreOptions = {}): Promise<void> {
    await this.#call('store', [key], options, () => this.#inner.store(key, value), [{ type: 'store', key, value }])
  }

  async remove(key: string, options: StoreOptions = {}): Promise<void> {
    await this.#call('remove', [key], options, () => this.#inner.remove(key), [{ type: 'remove', key }])
  }

  protected async callMany(keys: readonly string[], options: StoreOptions): Promise<(Uint8Array | undefined)[]> {
    return await this.#call('loadMany', keys, options, () => Promise.all(keys.map(key => this.#inner.load(key))))
  }

  protected async callBatch(operations: readonly StoreOperation[], options: StoreOptions): Promise<void> {
    const keys = operations.map(operation => operation.key)
    await this.#call('batch', keys, options, async () => await this.#inner.batch?.(operations), operations)
  }

  async #call<T>(
    verb: StoreCall['verb'],
    keys: readonly string[],
    { signal }: StoreOptions,
    run: () => Promise<T>,
    changes: readonly StoreOperation[] = [],
  ): Promise<T> {
    const isWrite = verb === 'store' || verb === 'remove' || verb === 'batch'
    const value = changes[0]?.type === 'store' && verb === 'store' ? changes[0].value : undefined
    return await this.#intercept({ verb, key: keys.join(' '), keys, value, changes, isWrite, signal }, run)
  }
}

/** The same with `batch` and `loadMany`; the store below must have `batch`. */
export class InterceptedBatchStore extends InterceptedStore {
  async loadMany(keys: readonly string[], options: StoreOptions = {}): Promise<(Uint8Array | undefined)[]> {
    return await this.callMany(keys, options)
  }

  async batch(operations: readonly StoreOperation[], options: StoreOptions = {}): Promise<void> {
    await this.callBatch(operations, options)
  }
}
