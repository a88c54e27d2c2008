import { concatenate } from '../bytes/concatenate.ts'
import { toHex } from '../bytes/hex.ts'
import { compareUtf8 } from '../bytes/utf8.ts'
import { checkBytes, checkInteger, checkOptionNames, checkPrefix, checkSignal } from '../core/check.ts'
import { CacheError, isCacheError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { type BlobSource, checkSource, streamOf } from './blob-chunks.ts'
import { type BlobManifest, encodeManifest } from './blob-manifest.ts'
import { type BlobMeta, checkBlobFields, makeBlobMeta } from './blob-meta.ts'
import { checkBlobKey, checkNamespace } from './blob-name.ts'
import type { OnBlobProblem } from './blob-problem.ts'
import { checkRange, resolveRange } from './blob-range.ts'
import type {
  BlobCallOptions,
  BlobDeleteOptions,
  BlobListOptions,
  BlobPutOptions,
  BlobRange,
  BlobStore,
  BlobStoreInfo,
  BlobTouchOptions,
  ListedBlob,
  LoadedBlob,
  OpenBlob,
} from './blob-store.ts'
import { isMeant } from './precondition.ts'
import { type StoredBlobKeys, storedBlobKeys } from './stored-blob-keys.ts'
import { readChunks, removeAll } from './stored-chunks.ts'
import { putStored } from './stored-put.ts'
import { type AnyPlace, type Place, StoredRecords } from './stored-records.ts'

// Lets go of the chunks of streams that were neither read nor cancelled. What cannot be removed then is left to `sweep`.
const abandoned = new FinalizationRegistry<() => Promise<void>>(release => void release().catch(() => undefined))

/** Options of {@link storeBlobs}. */
export interface StoreBlobsOptions {
  /** Length of the pieces that a body is cut into, in bytes. Blobs of other lengths stay readable. @default 524_288 */
  readonly chunkBytes?: number | undefined
  /**
   * How old chunks without a blob must be for `sweep` to remove them, in milliseconds: longer than any put of another
   * process takes. @default 86_400_000
   */
  readonly orphanMs?: number | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
  /** Numbers from 0 up to 1 for the names of chunks. @default Math.random */
  readonly random?: (() => number) | undefined
  /** Hears of what went wrong without an error for a caller. */
  readonly onProblem?: OnBlobProblem | undefined
}

/**
 * Blobs of any size in any {@link Store}, which stays the caller's: closing the blobs does not close it. A body is cut into
 * chunks under names of their own; one record under the key of the blob, written last, makes it the blob. Docs: FORMAT.md.
 *
 * Conditions of puts and deletes are atomic among all who use the same `Store` object, not between processes. A stream that
 * another process replaced while it was read ends with `VIEW_EXPIRED`.
 */
export function storeBlobs(store: Store, options: StoreBlobsOptions = {}): BlobStore {
  return new StoredBlobs(store, options)
}

class StoredBlobs implements BlobStore {
  readonly #store: Store
  readonly #records: StoredRecords
  readonly #chunkBytes: number
  readonly #orphanMs: number
  readonly #clock: () => number
  readonly #random: () => number
  #isClosed = false

  constructor(store: Store, options: StoreBlobsOptions) {
    checkOptionNames(options, ['chunkBytes', 'orphanMs', 'clock', 'random', 'onProblem'])
    const {
      chunkBytes = 512 * 1024,
      orphanMs = 86_400_000,
      clock = Date.now,
      random = Math.random,
      onProblem,
    } = options
    checkInteger('chunkBytes', chunkBytes, 1)
    checkInteger('orphanMs', orphanMs, 0)
    for (const [name, value] of Object.entries({ clock, random, onProblem: onProblem ?? clock })) {
      if (typeof value !== 'function')
        throw new TypeError(`Option ${name} must be a function, received ${typeof value}`)
    }
    this.#store = store
    this.#records = new StoredRecords(store, onProblem)
    this.#chunkBytes = chunkBytes
    this.#orphanMs = orphanMs
    this.#clock = clock
    this.#random = random
  }

  async get(namespace: string, key: string, options: BlobCallOptions = {}): Promise<LoadedBlob | undefined> {
    const place = this.#place(namespace, key, options)
    for (;;) {
      const manifest = await this.#records.hold(place, options.signal)
      if (manifest === undefined) return undefined
      const range = { start: 0, end: manifest.meta.size }
      try {
        const chunks: Uint8Array[] = []
        for await (const chunk of readChunks(this.#store, place.keys, manifest, range, options.signal))
          chunks.push(chunk)
        return { meta: manifest.meta, bytes: concatenate(chunks) }
      } catch (error) {
        if (!isCacheError(error, 'CORRUPT')) throw error
        // Another process may have replaced the blob and removed the chunks of the old one.
        if (await this.#records.removeDamaged(place, manifest.id, error)) return undefined
      } finally {
        await this.#records.holds.release(manifest.id)
      }
    }
  }

  async head(namespace: string, key: string, options: BlobCallOptions = {}): Promise<BlobMeta | undefined> {
    return (await this.#records.find(this.#place(namespace, key, options), options.signal))?.meta
  }

  async open(namespace: string, key: string, options: BlobCallOptions & BlobRange = {}): Promise<OpenBlob | undefined> {
    checkRange(options)
    const { signal } = options
    const place = this.#place(namespace, key, options)
    const manifest = await this.#records.hold(place, options.signal)
    if (manifest === undefined) return undefined
    const chunks = this.#verified(place, manifest, resolveRange(options, manifest.meta.size), signal)
    const release = this.#records.holds.releaseOnce(manifest.id)
    const stream = streamOf(chunks, signal, release)
    abandoned.register(stream, release)
    return { meta: manifest.meta, stream }
  }

  async put(namespace: string, key: string, body: Uint8Array, options: BlobPutOptions = {}): Promise<BlobMeta> {
    const place = this.#place(namespace, key, options)
    checkBytes(body)
    const copy = new Uint8Array(body)
    return await this.#put(place, once(copy), options, Math.min(this.#chunkBytes, copy.byteLength || 1))
  }

  async putStream(namespace: string, key: string, body: BlobSource, options: BlobPutOptions = {}): Promise<BlobMeta> {
    const place = this.#place(namespace, key, options)
    checkSource(body)
    return await this.#put(place, body, options, this.#chunkBytes)
  }

  async touch(namespace: string, key: string, options: BlobTouchOptions): Promise<BlobMeta | undefined> {
    const place = this.#place(namespace, key, options)
    return await this.#records.holds.queue.run(place.name, async () => {
      const manifest = await this.#records.findInTurn(place)
      if (manifest === undefined || manifest.meta.etag !== options.ifMatch) return undefined
      const { size, etag } = manifest.meta
      const fields = checkBlobFields({ ...manifest.meta, expiresAt: options.expiresAt })
      const meta = makeBlobMeta(size, etag, this.#clock(), fields)
      await this.#store.store(place.name, encodeManifest({ ...manifest, meta }))
      return meta
    })
  }

  async delete(namespace: string, key: string, options: BlobDeleteOptions = {}): Promise<boolean> {
    return await this.#delete(this.#place(namespace, key, options), options)
  }

  async deleteNamespace(namespace: string, options: BlobCallOptions = {}): Promise<number> {
    const keys = this.#keys(namespace, options)
    let count = 0
    for (const prefix of [keys.short, keys.long]) {
      for await (const name of this.#store.list(prefix, { signal: options.signal })) {
        if (await this.#delete({ namespace, key: undefined, keys, name }, options)) count++
      }
    }
    return count
  }

  async *list(namespace: string, options: BlobListOptions = {}): AsyncGenerator<ListedBlob> {
    const { prefix = '', signal } = options
    checkPrefix(prefix)
    const keys = this.#keys(namespace, options)
    // Long keys are rare, and not in order where they lie.
    const long: ListedBlob[] = []
    for await (const entry of this.#records.list(namespace, keys.long, signal, 'leaveOut')) {
      if (entry.key.startsWith(prefix)) long.push({ key: entry.key, meta: entry.meta })
    }
    long.sort((a, b) => compareUtf8(a.key, b.key))
    let at = 0
    for await (const { key, meta } of this.#records.list(namespace, keys.short + prefix, signal, 'leaveOut')) {
      while (at < long.length && compareUtf8(long[at]!.key, key) < 0) yield long[at++]!
      yield { key, meta }
      this.#keys(namespace, options)
    }
    yield* long.slice(at)
  }

  async sweep(namespace: string, options: BlobCallOptions = {}): Promise<number> {
    const { signal } = options
    const keys = this.#keys(namespace, options)
    const latest = this.#clock() - this.#orphanMs
    const orphans: string[] = []
    for await (const name of this.#store.list(keys.chunks, { signal })) {
      const id = keys.idOf(name)
      const bornMs = Number.parseInt(id.slice(0, 12), 16)
      if (bornMs <= latest && !this.#records.holds.isHeld(id)) orphans.push(name)
    }
    if (orphans.length === 0) return 0
    // Read after the chunks: what became a blob meanwhile is spared.
    const used = new Set<string>()
    for (const prefix of [keys.short, keys.long]) {
      for await (const { id } of this.#records.list(namespace, prefix, signal, 'stop')) used.add(id)
    }
    const names = orphans.filter(name => !used.has(keys.idOf(name)) && !this.#records.holds.isHeld(keys.idOf(name)))
    await removeAll(this.#store, names)
    return names.length
  }

  async describe(options: BlobCallOptions = {}): Promise<BlobStoreInfo> {
    this.#checkCall(options)
    return { backend: 'store', root: undefined }
  }

  async check(options: BlobCallOptions = {}): Promise<void> {
    this.#checkCall(options)
    await this.#store.load('@blob/check', { signal: options.signal })
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #checkCall({ signal }: BlobCallOptions): void {
    if (this.#isClosed) throw new CacheError('CLOSED', 'The blob store is closed')
    checkSignal(signal)
  }

  #keys(namespace: string, options: BlobCallOptions): StoredBlobKeys {
    this.#checkCall(options)
    checkNamespace(namespace)
    return storedBlobKeys(namespace)
  }

  #place(namespace: string, key: string, options: BlobCallOptions): Place {
    const keys = this.#keys(namespace, options)
    checkBlobKey(key)
    return { namespace, key, keys, name: keys.manifest(key) }
  }

  async *#verified(
    place: Place,
    manifest: BlobManifest,
    range: { readonly start: number; readonly end: number },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* readChunks(this.#store, place.keys, manifest, range, signal)
    } catch (error) {
      if (!isCacheError(error, 'CORRUPT') || (await this.#records.removeDamaged(place, manifest.id, error))) throw error
      throw new CacheError('VIEW_EXPIRED', 'Cannot read a blob: another process has replaced it', { cause: error })
    }
  }

  async #put(place: Place, body: BlobSource, options: BlobPutOptions, chunkBytes: number): Promise<BlobMeta> {
    const check = (): void => this.#checkCall(options)
    const context = { records: this.#records, id: this.#newId(), chunkBytes, clock: this.#clock, check }
    return await putStored(place, body, options, context)
  }

  async #delete(place: AnyPlace, options: BlobDeleteOptions): Promise<boolean> {
    return await this.#records.holds.queue.run(place.name, async () => {
      this.#checkCall(options)
      const manifest = await this.#records.findInTurn(place)
      if (manifest === undefined || !isMeant(manifest.meta, options)) return false
      await this.#records.remove(place, manifest)
      return true
    })
  }

  // Time and chance: the first lets a sweep see how old a chunk is.
  #newId(): string {
    const bytes = new Uint8Array(16)
    const view = new DataView(bytes.buffer)
    const nowMs = Math.max(0, Math.floor(this.#clock()))
    view.setUint16(0, Math.floor(nowMs / 2 ** 32))
    view.setUint32(2, nowMs % 2 ** 32)
    for (let at = 6; at < 16; at += 2) view.setUint16(at, Math.floor(this.#random() * 0x10000))
    return toHex(bytes)
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
