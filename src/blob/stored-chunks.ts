import { digest } from '../bytes/digest.ts'
import { abortable } from '../core/abortable.ts'
import { sameBytes } from '../core/same-bytes.ts'
import { CacheError } from '../errors.ts'
import type { Store, StoreOperation } from '../store/store.ts'
import type { BlobManifest } from './blob-manifest.ts'
import { Hasher } from './hasher.ts'
import type { StoredBlobKeys } from './stored-blob-keys.ts'

type ChunkOperation = Extract<StoreOperation, { type: 'store' }>

/** How many chunks are loaded, or keys removed, in one go. */
const chunksAtOnce = 4
const removalsAtOnce = 256

/** The bytes `start` to `end` of the body of `manifest`, each chunk held against its digest before it is given. */
export async function* readChunks(
  store: Store,
  keys: StoredBlobKeys,
  { id, chunkBytes, digests }: BlobManifest,
  range: { readonly start: number; readonly end: number },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const last = Math.ceil(range.end / chunkBytes)
  for (let from = Math.floor(range.start / chunkBytes); from < last; from += chunksAtOnce) {
    const indexes = Array.from({ length: Math.min(chunksAtOnce, last - from) }, (_, i) => from + i)
    const names = indexes.map(index => keys.chunk(id, index))
    const loaded = await loadAll(store, names, signal)
    for (const [i, index] of indexes.entries()) {
      const chunk = loaded[i]
      if (chunk === undefined) throw new CacheError('CORRUPT', `Cannot read a blob: chunk ${index} is missing`)
      if (!sameBytes(digest(chunk), digests[index]!)) {
        throw new CacheError('CORRUPT', `Cannot read a blob: the digest of chunk ${index} is wrong`)
      }
      const at = index * chunkBytes
      const part = chunk.subarray(Math.max(0, range.start - at), Math.min(chunk.byteLength, range.end - at))
      if (part.byteLength > 0) yield part
    }
  }
}

/** Loads many keys in one go where the store can. */
export async function loadAll(
  store: Store,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<(Uint8Array | undefined)[]> {
  if (store.loadMany !== undefined) return await store.loadMany(names, { signal })
  const values: (Uint8Array | undefined)[] = []
  for (const name of names) values.push(await store.load(name, { signal }))
  return values
}

/** Removes keys, many in one go where the store can. */
export async function removeAll(store: Store, names: readonly string[]): Promise<void> {
  for (let at = 0; at < names.length; at += removalsAtOnce) {
    const some = names.slice(at, at + removalsAtOnce)
    if (store.batch !== undefined) await store.batch(some.map(key => ({ type: 'remove', key })))
    else for (const name of some) await store.remove(name)
  }
}

/** Writes the chunks of one put. The last one is kept back, to go with the manifest where the store can do both at once. */
export class ChunkWriter {
  readonly #store: Store
  readonly #name: (index: number) => string
  readonly #buffer: Uint8Array
  readonly #hasher = new Hasher()
  readonly #digests: Uint8Array[] = []
  #filled = 0
  #size = 0
  /** The last write that was begun; it may still run when the call was aborted. */
  #write: Promise<void> = Promise.resolve()

  constructor(store: Store, name: (index: number) => string, chunkBytes: number) {
    this.#store = store
    this.#name = name
    this.#buffer = new Uint8Array(chunkBytes)
  }

  /** Adds bytes, which the caller may reuse afterwards. */
  async add(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    this.#hasher.update(bytes)
    this.#size += bytes.byteLength
    for (let at = 0; at < bytes.byteLength; ) {
      if (this.#filled === this.#buffer.byteLength) await this.#flush(signal)
      const part = bytes.subarray(at, at + this.#buffer.byteLength - this.#filled)
      this.#buffer.set(part, this.#filled)
      this.#filled += part.byteLength
      at += part.byteLength
    }
  }

  /** What is known at the end, and what is still to be written. */
  end(): { size: number; etag: string; digests: readonly Uint8Array[]; rest: readonly ChunkOperation[] } {
    const rest: ChunkOperation[] = []
    if (this.#filled > 0) {
      const value = this.#buffer.subarray(0, this.#filled)
      rest.push({ type: 'store', key: this.#name(this.#digests.length), value })
      this.#digests.push(digest(value))
    }
    return { size: this.#size, etag: this.#hasher.hex(), digests: this.#digests, rest }
  }

  /** Removes what was written, once no write is under way. */
  async discard(): Promise<void> {
    await this.#write.catch(() => undefined)
    // One more than is known: of a write that failed nobody knows whether it happened.
    const names = Array.from({ length: this.#digests.length + 1 }, (_, index) => this.#name(index))
    await removeAll(this.#store, names)
  }

  async #flush(signal: AbortSignal | undefined): Promise<void> {
    const index = this.#digests.length
    this.#digests.push(digest(this.#buffer))
    // The signal ends the wait only: a write that went on behind our back could come after its removal.
    this.#write = this.#store.store(this.#name(index), this.#buffer)
    await abortable(this.#write, signal)
    this.#filled = 0
  }
}
