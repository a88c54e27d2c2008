import { utf8Encode } from '../bytes/utf8.ts'
import { CacheError, isCacheError } from '../errors.ts'
import type { Store, StoreOperation, StoreOptions } from '../store/store.ts'
import { recordKind } from './plain-records.ts'

/** How many records are read or written at a time; the store bounds what it opens at once. */
const windowSize = 64

interface WriteOptions extends StoreOptions {
  /** Go on after a failure, and throw the failures at the end. */
  readonly tryAll?: boolean
}

/**
 * Reads and writes records, and remembers what is on disk. The memory is the text itself: a digest would cost more
 * than it saves, and equality is certain. A key is forgotten before it is touched, so a failed write is done again.
 */
export class PlainWriter {
  readonly #store: Store
  readonly #known = new Map<string, string>()
  // Keys of writes that failed: what is read there may not outlive a loss of power.
  readonly #failed = new Set<string>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Whether `text` is what was last read from or written to `key`. */
  believes(key: string, text: string): boolean {
    return this.#known.get(key) === text
  }

  believe(key: string, text: string): void {
    if (!this.#failed.has(key)) this.#known.set(key, text)
  }

  /** Whether `key` holds `text` right now. */
  async isStored(key: string, text: string, options: StoreOptions): Promise<boolean> {
    const bytes = await this.#store.load(key, options)
    const expected = utf8Encode(text)
    return bytes?.byteLength === expected.byteLength && bytes.every((byte, i) => byte === expected[i])
  }

  /** The records under `keys`, in their order; keys that are gone by now are left out. */
  async *read(keys: readonly string[], options: StoreOptions): AsyncGenerator<[key: string, bytes: Uint8Array]> {
    for (let i = 0; i < keys.length; i += windowSize) {
      const window = keys.slice(i, i + windowSize)
      const values = this.#store.loadMany
        ? await this.#store.loadMany(window, options)
        : await Promise.all(window.map(key => this.#store.load(key, options)))
      for (const [j, key] of window.entries()) {
        const bytes = values[j]
        if (bytes !== undefined) yield [key, bytes]
      }
    }
  }

  /** Writes `records` in their order, then removes `keys`: at once if the store can. Resolves to the bytes written. */
  async write(
    records: readonly (readonly [key: string, text: string])[],
    keys: readonly string[],
    { tryAll = false, ...options }: WriteOptions,
  ): Promise<number> {
    let bytes = 0
    const operations: StoreOperation[] = []
    for (const [key, text] of records) {
      const value = utf8Encode(text)
      bytes += value.byteLength
      operations.push({ type: 'store', key, value })
    }
    for (const key of keys) operations.push({ type: 'remove', key })
    for (const { key } of operations) {
      this.#known.delete(key)
      this.#failed.add(key)
    }
    if (operations.length === 0) return 0

    const texts = new Map(records)
    if (this.#store.batch) {
      await this.#store.batch(operations, options)
      for (const { key } of operations) this.#settle(key, texts.get(key))
      return bytes
    }
    const failures: unknown[] = []
    for (const window of windows(operations)) {
      const results = await Promise.allSettled(window.map(operation => this.#do(operation, texts, options)))
      for (const result of results) if (result.status === 'rejected') failures.push(result.reason)
      if (failures.length > 0 && !tryAll) break
    }
    if (failures.length > 0) throw joined(failures)
    return bytes
  }

  async #do(operation: StoreOperation, texts: ReadonlyMap<string, string>, options: StoreOptions): Promise<void> {
    const { key } = operation
    if (operation.type === 'remove') await this.#store.remove(key, options)
    else await this.#store.store(key, operation.value, options)
    this.#settle(key, texts.get(key))
  }

  #settle(key: string, text: string | undefined): void {
    this.#failed.delete(key)
    if (text !== undefined) this.#known.set(key, text)
  }
}

// Columns go one by one, so that a crash leaves a prefix of Tailscale's order; peers and users have no order that
// matters among themselves, removals come after all writes.
function* windows(operations: readonly StoreOperation[]): Generator<StoreOperation[]> {
  let window: StoreOperation[] = []
  for (const operation of operations) {
    const alone = recordKind(operation.key) === 'column'
    const fits = !alone && window.length < windowSize && (window[0]?.type ?? operation.type) === operation.type
    if (!fits && window.length > 0) {
      yield window
      window = []
    }
    window.push(operation)
    if (alone) {
      yield window
      window = []
    }
  }
  if (window.length > 0) yield window
}

function joined(failures: readonly unknown[]): unknown {
  const [first] = failures
  if (failures.length === 1) return first
  const cause = new AggregateError(failures, `${failures.length} records failed`)
  const code = isCacheError(first) ? first.code : 'IO'
  const reason = first instanceof Error ? first.message : String(first)
  return new CacheError(code, `${failures.length} records failed, the first: ${reason}`, { cause })
}
