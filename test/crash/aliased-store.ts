import { utf8Decode, utf8Encode } from '../../src/bytes/utf8.ts'
import type { Store, StoreOptions } from '../../src/store/store.ts'

const mark = 'alias/'

/**
 * A store that keeps some keys under names it uses again and again: `aliasOf` gives the name, or `undefined` for a key
 * that is kept as it is. Whatever was under the name before is gone with the next one. Each value says whose it is.
 */
export class AliasedStore implements Store {
  readonly #inner: Store
  readonly #aliasOf: (key: string) => string | undefined

  constructor(inner: Store, aliasOf: (key: string) => string | undefined) {
    this.#inner = inner
    this.#aliasOf = aliasOf
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const keys: string[] = []
    for await (const name of this.#inner.list('')) {
      const key = name.startsWith(mark) ? ownerOf(await this.#inner.load(name)) : name
      if (key?.startsWith(prefix)) keys.push(key)
    }
    // Keys of caches are ASCII here.
    yield* keys.sort()
  }

  async load(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    const alias = this.#aliasOf(key)
    if (alias === undefined) return await this.#inner.load(key, options)
    const bytes = await this.#inner.load(mark + alias, options)
    return ownerOf(bytes) === key ? bytes!.slice(1 + bytes![0]!) : undefined
  }

  async store(key: string, value: Uint8Array, options?: StoreOptions): Promise<void> {
    const alias = this.#aliasOf(key)
    if (alias === undefined) return await this.#inner.store(key, value, options)
    const owner = utf8Encode(key)
    const bytes = new Uint8Array(1 + owner.byteLength + value.byteLength)
    bytes[0] = owner.byteLength
    bytes.set(owner, 1)
    bytes.set(value, 1 + owner.byteLength)
    await this.#inner.store(mark + alias, bytes, options)
  }

  async remove(key: string, options?: StoreOptions): Promise<void> {
    const alias = this.#aliasOf(key)
    if (alias === undefined) await this.#inner.remove(key, options)
    else if (ownerOf(await this.#inner.load(mark + alias)) === key) await this.#inner.remove(mark + alias, options)
  }
}

// A value that was torn may not say any more whose it is.
function ownerOf(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined || bytes.byteLength <= 1 + bytes[0]!) return undefined
  try {
    return utf8Decode(bytes.subarray(1, 1 + bytes[0]!))
  } catch {
    return undefined
  }
}
