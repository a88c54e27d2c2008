import type { StoreHandle, StoreRule } from '../../../src/contract/index.ts'
import { inOrder } from '../../../src/contract/samples.ts'
import { checkBytes, checkKey, checkOneOf, checkPrefix, checkSignal } from '../../../src/core/check.ts'
import { CacheError } from '../../../src/errors.ts'
import type { Store, StoreOperation, StoreOptions } from '../../../src/store/store.ts'

/** What outlives an instance: the "disk" of a {@link SoundStore}. */
export type Medium = Map<string, Uint8Array>

/**
 * A store that keeps every rule, cut into small overridable steps so that a mutant breaks one of them in a line or two.
 * Every call gives up its turn once, so that calls at the same time really interleave.
 */
export class SoundStore implements Store {
  protected readonly medium: Medium
  #closed = false

  constructor(medium: Medium) {
    this.medium = medium
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<string> {
    this.checkCall(options)
    checkPrefix(prefix)
    await null
    for (const key of this.snapshot(prefix)) {
      this.checkCall(options)
      yield key
    }
  }

  async load(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    this.checkCall(options)
    this.checkKey(key)
    await null
    return this.give(this.get(key))
  }

  async store(key: string, value: Uint8Array, options?: StoreOptions): Promise<void> {
    this.checkCall(options)
    this.checkKey(key)
    this.checkValue(value)
    const taken = this.take(value)
    await null
    this.put(key, taken)
  }

  async remove(key: string, options?: StoreOptions): Promise<void> {
    this.checkCall(options)
    this.checkKey(key)
    await null
    this.delete(key)
  }

  async loadMany(keys: readonly string[], options?: StoreOptions): Promise<(Uint8Array | undefined)[]> {
    this.checkCall(options)
    for (const key of keys) this.checkKey(key)
    await null
    return keys.map(key => this.give(this.get(key)))
  }

  async batch(operations: readonly StoreOperation[], options?: StoreOptions): Promise<void> {
    this.checkCall(options)
    for (const operation of operations) {
      checkOneOf('type', operation.type, ['store', 'remove'])
      this.checkKey(operation.key)
      if (operation.type === 'store') this.checkValue(operation.value)
    }
    this.apply(operations)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  protected checkCall(options: StoreOptions | undefined): void {
    if (this.#closed) throw new CacheError('CLOSED', 'The store is closed')
    checkSignal(options?.signal)
  }

  protected checkKey(key: string): void {
    checkKey(key)
  }

  protected checkValue(value: Uint8Array): void {
    checkBytes(value)
  }

  protected snapshot(prefix: string): Iterable<string> {
    return this.sort([...this.medium.keys()].filter(key => this.matches(key, prefix)))
  }

  protected matches(key: string, prefix: string): boolean {
    return key.startsWith(prefix)
  }

  protected sort(keys: string[]): string[] {
    return inOrder(keys)
  }

  protected take(value: Uint8Array): Uint8Array {
    return new Uint8Array(value)
  }

  protected give(value: Uint8Array | undefined): Uint8Array | undefined {
    return value?.slice()
  }

  protected get(key: string): Uint8Array | undefined {
    return this.medium.get(key)
  }

  protected put(key: string, value: Uint8Array): void {
    this.medium.set(key, value)
  }

  protected delete(key: string): void {
    this.medium.delete(key)
  }

  protected apply(operations: readonly StoreOperation[]): void {
    for (const operation of operations) {
      if (operation.type === 'store') this.put(operation.key, this.take(operation.value))
      else this.delete(operation.key)
    }
  }
}

/** A store class that breaks `rule`, and which cases must notice. */
export interface Mutant {
  /** What is wrong with it. */
  readonly what: string
  /** The rule that it breaks: a case of this rule must fail. */
  readonly rule: StoreRule
  /** Other rules that must fail as well because they build on the broken one; `'any'` where too many do. */
  readonly also?: readonly StoreRule[] | 'any'
  /** The property that must find it too. */
  readonly property?: 'P1' | 'P2' | 'P3' | 'P4'
  readonly Store: new (medium: Medium) => Store
}

/** A handle over a fresh medium that offers everything. */
export function handleOf(StoreClass: new (medium: Medium) => Store): StoreHandle {
  const medium: Medium = new Map()
  let newest = new StoreClass(medium)
  return {
    store: newest,
    async reopen() {
      await newest.close?.()
      newest = new StoreClass(medium)
      return newest
    },
    async crash() {
      newest = new StoreClass(medium)
      return newest
    },
    async dispose() {
      medium.clear()
    },
  }
}
