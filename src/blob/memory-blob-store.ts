import { concatenate } from '../bytes/concatenate.ts'
import { compareUtf8 } from '../bytes/utf8.ts'
import { checkBytes, checkOptionNames, checkPrefix, checkSignal } from '../core/check.ts'
import { CacheError } from '../errors.ts'
import { type BlobSource, checkSource, chunksOf, streamOf } from './blob-chunks.ts'
import { type BlobMeta, checkBlobFields, copyBlobMeta, makeBlobMeta } from './blob-meta.ts'
import { checkBlobKey, checkNamespace } from './blob-name.ts'
import { checkRange, resolveRange } from './blob-range.ts'
import type {
  BlobCallOptions,
  BlobDeleteOptions,
  BlobLease,
  BlobLeaseOptions,
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
import { Hasher, sha256Hex } from './hasher.ts'
import { MemoryLeases } from './memory-leases.ts'
import { checkPrecondition, isMeant } from './precondition.ts'

/** Options of {@link MemoryBlobStore}. */
export interface MemoryBlobStoreOptions {
  /** What `updatedAt` is taken from, in milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
}

interface Entry {
  readonly meta: BlobMeta
  /** Never changed, and never handed out. */
  readonly chunks: readonly Uint8Array[]
}

/** A {@link BlobStore} in memory: the reference implementation, and the one for tests. Nothing survives the process. */
export class MemoryBlobStore implements BlobStore {
  readonly #namespaces = new Map<string, Map<string, Entry>>()
  readonly #leases = new MemoryLeases()
  readonly #clock: () => number
  #isClosed = false

  constructor(options: MemoryBlobStoreOptions = {}) {
    checkOptionNames(options, ['clock'])
    const { clock = Date.now } = options
    if (typeof clock !== 'function') throw new TypeError(`Option clock must be a function, received ${typeof clock}`)
    this.#clock = clock
  }

  async get(namespace: string, key: string, options: BlobCallOptions = {}): Promise<LoadedBlob | undefined> {
    const entry = this.#find(namespace, key, options)
    return entry && { meta: copyBlobMeta(entry.meta), bytes: concatenate(entry.chunks) }
  }

  async head(namespace: string, key: string, options: BlobCallOptions = {}): Promise<BlobMeta | undefined> {
    const entry = this.#find(namespace, key, options)
    return entry && copyBlobMeta(entry.meta)
  }

  async open(namespace: string, key: string, options: BlobCallOptions & BlobRange = {}): Promise<OpenBlob | undefined> {
    checkRange(options)
    const entry = this.#find(namespace, key, options)
    if (entry === undefined) return undefined
    const { start, end } = resolveRange(options, entry.meta.size)
    return { meta: copyBlobMeta(entry.meta), stream: streamOf(copies(entry.chunks, start, end), options.signal) }
  }

  async put(namespace: string, key: string, body: Uint8Array, options: BlobPutOptions = {}): Promise<BlobMeta> {
    checkPrecondition(this.#find(namespace, key, options)?.meta, options)
    checkBytes(body)
    const fields = checkBlobFields(options)
    const copy = new Uint8Array(body)
    const etag = await sha256Hex(copy)
    return this.#commit(namespace, key, [copy], makeBlobMeta(copy.byteLength, etag, this.#clock(), fields), options)
  }

  async putStream(namespace: string, key: string, body: BlobSource, options: BlobPutOptions = {}): Promise<BlobMeta> {
    checkPrecondition(this.#find(namespace, key, options)?.meta, options)
    checkSource(body)
    const fields = checkBlobFields(options)
    const chunks: Uint8Array[] = []
    const hasher = new Hasher()
    let size = 0
    for await (const chunk of chunksOf(body, options.signal)) {
      const copy = new Uint8Array(chunk)
      hasher.update(copy)
      chunks.push(copy)
      size += copy.byteLength
    }
    return this.#commit(namespace, key, chunks, makeBlobMeta(size, hasher.hex(), this.#clock(), fields), options)
  }

  async touch(namespace: string, key: string, options: BlobTouchOptions): Promise<BlobMeta | undefined> {
    const entry = this.#find(namespace, key, options)
    if (entry === undefined || entry.meta.etag !== options.ifMatch) return undefined
    const { size, etag } = entry.meta
    const fields = checkBlobFields({ ...entry.meta, expiresAt: options.expiresAt })
    return this.#commit(namespace, key, entry.chunks, makeBlobMeta(size, etag, this.#clock(), fields), {})
  }

  async delete(namespace: string, key: string, options: BlobDeleteOptions = {}): Promise<boolean> {
    const entry = this.#find(namespace, key, options)
    if (entry === undefined || !isMeant(entry.meta, options)) return false
    const entries = this.#namespaces.get(namespace)!
    entries.delete(key)
    if (entries.size === 0) this.#namespaces.delete(namespace)
    return true
  }

  async deleteNamespace(namespace: string, options: BlobCallOptions = {}): Promise<number> {
    this.#check(namespace, options)
    const count = this.#namespaces.get(namespace)?.size ?? 0
    this.#namespaces.delete(namespace)
    return count
  }

  async *list(namespace: string, options: BlobListOptions = {}): AsyncGenerator<ListedBlob> {
    const { prefix = '', signal } = options
    this.#check(namespace, options)
    checkPrefix(prefix)
    const keys = [...(this.#namespaces.get(namespace)?.keys() ?? [])].filter(key => key.startsWith(prefix))
    for (const key of keys.sort(compareUtf8)) {
      this.#check(namespace, { signal })
      const entry = this.#namespaces.get(namespace)?.get(key)
      if (entry !== undefined) yield { key, meta: copyBlobMeta(entry.meta) }
    }
  }

  async *keys(namespace: string, options: BlobListOptions = {}): AsyncGenerator<string> {
    for await (const { key } of this.list(namespace, options)) yield key
  }

  /** Who waits is served in the order of the calls. */
  async lease(namespace: string, key: string, options: BlobLeaseOptions = {}): Promise<BlobLease> {
    this.#check(namespace, options)
    checkBlobKey(key)
    return await this.#leases.take(`${namespace}\0${key}`, options)
  }

  async describe(options: BlobCallOptions = {}): Promise<BlobStoreInfo> {
    await this.check(options)
    const entries = [...this.#namespaces.values()].flatMap(each => [...each.values()])
    const bytes = entries.reduce((sum, { meta }) => sum + meta.size, 0)
    return { backend: 'memory', root: undefined, bytes, count: entries.length }
  }

  async check(options: BlobCallOptions = {}): Promise<void> {
    if (this.#isClosed) throw new CacheError('CLOSED', 'The blob store is closed')
    checkSignal(options.signal)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#leases.close()
    this.#namespaces.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #check(namespace: string, { signal }: BlobCallOptions): void {
    if (this.#isClosed) throw new CacheError('CLOSED', 'The blob store is closed')
    checkSignal(signal)
    checkNamespace(namespace)
  }

  #find(namespace: string, key: string, options: BlobCallOptions): Entry | undefined {
    this.#check(namespace, options)
    checkBlobKey(key)
    return this.#namespaces.get(namespace)?.get(key)
  }

  // One synchronous step from the condition to the blob: nothing can come between.
  #commit(
    namespace: string,
    key: string,
    chunks: readonly Uint8Array[],
    meta: BlobMeta,
    options: BlobPutOptions,
  ): BlobMeta {
    checkPrecondition(this.#find(namespace, key, options)?.meta, options)
    let entries = this.#namespaces.get(namespace)
    if (entries === undefined) {
      entries = new Map()
      this.#namespaces.set(namespace, entries)
    }
    entries.set(key, { meta, chunks })
    return copyBlobMeta(meta)
  }
}

async function* copies(chunks: readonly Uint8Array[], start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const chunk of chunks) {
    const part = chunk.slice(Math.max(0, start - at), Math.max(0, end - at))
    at += chunk.byteLength
    if (part.byteLength > 0) yield part
  }
}
