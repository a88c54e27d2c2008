import { checkOptionNames } from '../core/check.ts'
import { SharedFlights } from '../core/shared-flights.ts'
import { tell } from '../core/tell.ts'
import { CacheError, isCacheError } from '../errors.ts'
import { type BlobBody, openBody, putBody } from './blob-body.ts'
import {
  type BlobCacheOptions,
  type BlobEvent,
  checkMs,
  type ResolvedBlobCacheOptions,
  resolveBlobCacheOptions,
} from './blob-cache-options.ts'
import { type BlobHit, loadedHit, openHit } from './blob-hit.ts'
import { BlobLoader, headOf, type LoadResult } from './blob-loader.ts'
import { type BlobMeta, copyBlobMeta } from './blob-meta.ts'
import { checkBlobKey } from './blob-name.ts'
import type {
  BlobCallOptions,
  BlobDeleteOptions,
  BlobListOptions,
  BlobPutOptions,
  BlobRange,
  BlobStore,
  BlobStoreInfo,
  ListedBlob,
} from './blob-store.ts'
import type { BlobFetcher } from './fetched-blob.ts'
import { ageOf, type BlobAge, isUsable } from './freshness.ts'

/** Options of `getOrFetch` and `openOrFetch`. */
export interface BlobFetchOptions extends BlobCallOptions {
  /** How long what is fetched is fresh, in milliseconds, unless the fetcher says so itself. 0 or less: as the cache says. */
  readonly ttlMs?: number | undefined
}

/** One entry of a listing, and how it stands. */
export interface CachedBlob extends ListedBlob, BlobAge {}

/** What `cleanExpired` did. */
export interface CleanResult {
  /** Blobs that were expired and went. */
  readonly removed: number
  /** Expired, but could not be removed; `onProblem` has heard why. */
  readonly failed: number
  /** Blobs that are fresh or within `graceMs`. */
  readonly kept: number
}

const putOptions = ['contentType', 'expiresAt', 'metadata', 'sourceEtag', 'ifMatch', 'ifNoneMatch', 'signal']

/**
 * Blobs of one namespace of a store, with a notion of freshness. A blob that expired is still there, as `stale`, until
 * `cleanExpired` comes after its grace. Without a store reads and puts are `NOT_CONFIGURED` and all else does nothing. The
 * cache does not close the store.
 */
export class BlobCache {
  readonly #store: BlobStore | undefined
  readonly #options: ResolvedBlobCacheOptions
  readonly #flights = new SharedFlights<LoadResult>()
  #isClosed = false

  constructor(store: BlobStore | undefined, options: BlobCacheOptions) {
    this.#options = resolveBlobCacheOptions(options)
    this.#store = store
    if (this.#options.lease && store !== undefined && store.lease === undefined) {
      throw new CacheError('UNAVAILABLE', 'Cannot make a blob cache with option lease: its store has no leases')
    }
  }

  /** Where in the store the blobs of this cache are. */
  get namespace(): string {
    return this.#options.namespace
  }

  /** Puts a body under a key, with new metadata. A stream is read to its end; if it fails, the old blob stays. */
  async put(key: string, body: BlobBody, options: BlobPutOptions = {}): Promise<BlobMeta> {
    const store = this.#configured(key)
    checkOptionNames(options, putOptions)
    const meta = await putBody(store, this.namespace, key, openBody(body), options)
    this.#tell('put', key, meta.size)
    return meta
  }

  /** The blob of a key, read into memory and verified, fresh or stale; `undefined` if there is none. */
  async get(key: string, options: BlobCallOptions = {}): Promise<BlobHit | undefined> {
    return this.#tellFound(key, await this.#load(key, options))
  }

  /** The blob of a key, or a part of it, as a stream that must be read to its end or cancelled. */
  async open(key: string, options: BlobCallOptions & BlobRange = {}): Promise<BlobHit | undefined> {
    return this.#tellFound(key, await this.#open(key, options))
  }

  /** Only the metadata. */
  async head(key: string, options: BlobCallOptions = {}): Promise<BlobMeta | undefined> {
    return await headOf(this.#configured(key), this.namespace, key, options.signal)
  }

  /**
   * The blob of a key if it is fresh, else what `fetcher` gets, which is put first. Of all who ask for a key at the same time
   * one fetches, and of all processes that use the store too if the cache has the option `lease`. If that fails, a stale blob within its grace is given, else the error is `LOAD_FAILED`. `undefined`: the
   * fetcher says that there is none. An abort ends the wait of one caller; the fetch is aborted when all have gone.
   */
  async getOrFetch(key: string, fetcher: BlobFetcher, options: BlobFetchOptions = {}): Promise<BlobHit | undefined> {
    return await this.#orFetch(key, fetcher, options, () => this.#load(key, options))
  }

  /** As {@link getOrFetch}, with a stream that must be read to its end or cancelled. For bodies larger than memory. */
  async openOrFetch(key: string, fetcher: BlobFetcher, options: BlobFetchOptions = {}): Promise<BlobHit | undefined> {
    return await this.#orFetch(key, fetcher, options, () => this.#open(key, { signal: options.signal }))
  }

  /** Deletes a blob; resolves to whether one went. */
  async delete(key: string, options: BlobDeleteOptions = {}): Promise<boolean> {
    checkBlobKey(key)
    const isGone = (await this.#maybeStore()?.delete(this.namespace, key, options)) ?? false
    if (isGone) this.#tell('delete', key, undefined)
    return isGone
  }

  /** Deletes all blobs of the namespace; resolves to how many there were. */
  async deleteNamespace(options: BlobCallOptions = {}): Promise<number> {
    return (await this.#maybeStore()?.deleteNamespace(this.namespace, options)) ?? 0
  }

  /** The blobs whose keys start with `prefix`, in the order of the keys' UTF-8 bytes. */
  async *list(options: BlobListOptions = {}): AsyncGenerator<CachedBlob, void, undefined> {
    const store = this.#maybeStore()
    if (store === undefined) return
    for await (const { key, meta } of store.list(this.namespace, options)) {
      yield { key, meta, ...this.#ageOf(meta) }
    }
  }

  /**
   * The keys of {@link list}, in its order, where the store can by a look at their names alone: much faster, but those of
   * damaged blobs may be among them.
   */
  async *keys(options: BlobListOptions = {}): AsyncGenerator<string, void, undefined> {
    const store = this.#maybeStore()
    if (store === undefined) return
    if (store.keys !== undefined) yield* store.keys(this.namespace, options)
    else for await (const { key } of store.list(this.namespace, options)) yield key
  }

  /**
   * Deletes the blobs whose grace is over, and what interrupted puts left. A blob that was put again meanwhile stays; one
   * that cannot be deleted does not keep the others.
   */
  async cleanExpired(options: BlobCallOptions = {}): Promise<CleanResult> {
    const { signal } = options
    const store = this.#maybeStore()
    const counts = { removed: 0, failed: 0, kept: 0 }
    if (store === undefined) return counts
    for await (const { key, meta } of store.list(this.namespace, { signal })) {
      if (this.#isKept(meta)) {
        counts.kept++
        continue
      }
      try {
        counts[await this.#cleanOne(store, key, signal)]++
      } catch (error) {
        if (signal?.aborted || isCacheError(error, 'CLOSED')) throw error
        counts.failed++
        tell(this.#options.onProblem, { code: 'cleanup', namespace: this.namespace, key, error })
      }
    }
    await store.sweep?.(this.namespace, { signal })
    return counts
  }

  /** What the store says of itself, or what can be told from outside. */
  async describe(options: BlobCallOptions = {}): Promise<BlobStoreInfo> {
    const store = this.#maybeStore()
    if (store === undefined) return { backend: 'none', root: undefined }
    if (store.describe !== undefined) return await store.describe(options)
    const root = 'root' in store && typeof store.root === 'string' ? store.root : undefined
    return { backend: store.constructor === Object ? 'custom' : store.constructor.name, root }
  }

  /** Rejects if the store cannot be used now; a store that cannot tell passes. */
  async check(options: BlobCallOptions = {}): Promise<void> {
    await this.#maybeStore()?.check?.(options)
  }

  /** Ends the cache; fetches that are under way are aborted. The store stays open: whoever opened it closes it. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#flights.abort(new CacheError('CLOSED', 'The blob cache is closed'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #load(key: string, options: BlobCallOptions): Promise<BlobHit | undefined> {
    const loaded = await this.#configured(key).get(this.namespace, key, options)
    return loaded && loadedHit(key, loaded, this.#now())
  }

  async #open(key: string, options: BlobCallOptions & BlobRange): Promise<BlobHit | undefined> {
    const opened = await this.#configured(key).open(this.namespace, key, options)
    return opened && openHit(key, opened, this.#now())
  }

  async #orFetch(
    key: string,
    fetcher: BlobFetcher,
    options: BlobFetchOptions,
    read: () => Promise<BlobHit | undefined>,
  ): Promise<BlobHit | undefined> {
    const store = this.#configured(key)
    const { ttlMs, signal } = options
    if (typeof fetcher !== 'function') throw new TypeError(`fetcher must be a function, received ${typeof fetcher}`)
    if (ttlMs !== undefined) checkMs('ttlMs', ttlMs)
    const found = this.#tellFound(key, await read())
    if (found !== undefined && !found.stale) return found
    await found?.stream().cancel()
    const loader = new BlobLoader(store, this.#options)
    const result = await this.#flights.join(key, signal, end => loader.load(key, fetcher, ttlMs, end.signal))
    if (result.kind === 'absent') return undefined
    if (result.kind === 'there') return await read()
    const { meta, bytes } = result.blob
    return loadedHit(key, { meta: copyBlobMeta(meta), bytes: bytes.slice() }, this.#now())
  }

  // A listing is old when its end is reached: the blob may have been put again.
  async #cleanOne(store: BlobStore, key: string, signal: AbortSignal | undefined): Promise<'removed' | 'kept'> {
    const meta = await headOf(store, this.namespace, key, signal)
    if (meta === undefined || this.#isKept(meta)) return 'kept'
    const { etag: ifMatch, updatedAt: ifUpdatedAt } = meta
    if (!(await store.delete(this.namespace, key, { ifMatch, ifUpdatedAt, signal }))) return 'kept'
    this.#tell('expire', key, meta.size)
    return 'removed'
  }

  #isKept(meta: BlobMeta): boolean {
    return isUsable(this.#ageOf(meta), this.#options.graceMs)
  }

  #configured(key: string): BlobStore {
    checkBlobKey(key)
    const store = this.#maybeStore()
    if (store === undefined) throw new CacheError('NOT_CONFIGURED', 'The blob cache has no store')
    return store
  }

  // The store, if there is one.
  #maybeStore(): BlobStore | undefined {
    if (this.#isClosed) throw new CacheError('CLOSED', 'The blob cache is closed')
    return this.#store
  }

  #now(): { ttlMs: number; nowMs: number } {
    return { ttlMs: this.#options.ttlMs, nowMs: this.#options.clock() }
  }

  #ageOf(meta: BlobMeta): BlobAge {
    return ageOf(meta, this.#options.ttlMs, this.#options.clock())
  }

  #tellFound(key: string, hit: BlobHit | undefined): BlobHit | undefined {
    if (hit === undefined) this.#tell('miss', key, undefined)
    else this.#tell(hit.stale ? 'stale' : 'hit', key, hit.meta.size)
    return hit
  }

  #tell(type: BlobEvent['type'], key: string, size: number | undefined): void {
    tell(this.#options.onEvent, { type, namespace: this.namespace, key, size })
  }
}
