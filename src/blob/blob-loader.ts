import { abortable } from '../core/abortable.ts'
import { tell } from '../core/tell.ts'
import { CacheError, isCacheError } from '../errors.ts'
import { cancelBody, openBody, putBody } from './blob-body.ts'
import type { ResolvedBlobCacheOptions } from './blob-cache-options.ts'
import { openHit } from './blob-hit.ts'
import { type BlobMeta, makeBlobMeta } from './blob-meta.ts'
import type { BlobLease, BlobStore, LoadedBlob } from './blob-store.ts'
import { type BlobFetcher, type FetchContext, type FetchOutcome, outcomeOf } from './fetched-blob.ts'
import { ageOf, isUsable } from './freshness.ts'
import { sha256Hex } from './hasher.ts'

/**
 * What a fetch leaves for those who wait for it: a blob that each of them reads from the store, nothing, or bytes that the
 * store did not take.
 */
export type LoadResult =
  | { readonly kind: 'there' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unkept'; readonly blob: LoadedBlob }

/** Fetches the blob of a key and keeps it: the one place that knows what to do when that fails. */
export class BlobLoader {
  readonly #store: BlobStore
  readonly #options: ResolvedBlobCacheOptions

  constructor(store: BlobStore, options: ResolvedBlobCacheOptions) {
    this.#store = store
    this.#options = options
  }

  /**
   * Looks once more, fetches, keeps; under the lease of the key, if the cache wants it. On a failure what is cached stands in
   * while its grace lasts.
   */
  async load(key: string, fetcher: BlobFetcher, ttlMs: number | undefined, signal: AbortSignal): Promise<LoadResult> {
    const lease = this.#options.lease ? await this.#lease(key, signal) : undefined
    if (lease === undefined) return await this.#load(key, fetcher, ttlMs, signal)
    try {
      // A fetcher that does not listen to its signal is not to keep the lease from the others.
      return await abortable(this.#load(key, fetcher, ttlMs, signal), signal)
    } catch (error) {
      throw signal.aborted ? failure(key, error) : error
    } finally {
      await lease.release()
    }
  }

  async #lease(key: string, signal: AbortSignal): Promise<BlobLease | undefined> {
    const { namespace, leaseWaitMs, onProblem } = this.#options
    try {
      return await this.#store.lease?.(namespace, key, { signal, waitMs: leaseWaitMs })
    } catch (error) {
      if (signal.aborted || isCacheError(error, 'CLOSED')) throw error
      // Two fetches are better than none.
      tell(onProblem, { code: 'lease', namespace, key, error })
      return undefined
    }
  }

  async #load(key: string, fetcher: BlobFetcher, ttlMs: number | undefined, signal: AbortSignal): Promise<LoadResult> {
    const { namespace, graceMs, onProblem } = this.#options
    const stale = await this.#store.open(namespace, key, { signal })
    // A fetch that ended while this one was on its way here may have brought it.
    if (stale !== undefined && !this.#ageOf(stale.meta).stale) {
      await cancelBody(stale.stream)
      return { kind: 'there' }
    }
    try {
      const context = { ttlMs: this.#options.ttlMs, nowMs: this.#options.clock() }
      const hit = stale && openHit(key, stale, context)
      const result = await this.#fetch({ key, signal, stale: hit }, fetcher, ttlMs)
      return result
    } catch (error) {
      const age = stale && this.#ageOf(stale.meta)
      if (age === undefined || signal.aborted || !isUsable(age, graceMs)) throw failure(key, error)
      tell(onProblem, { code: 'fetch', namespace, key, error })
      return { kind: 'there' }
    } finally {
      await cancelBody(stale?.stream)
    }
  }

  async #fetch(context: FetchContext, fetcher: BlobFetcher, ttlMs: number | undefined): Promise<LoadResult> {
    const { key, signal, stale } = context
    this.#tell('fetch', key, undefined)
    const outcome = await outcomeOf(await fetcher(context))
    if (signal.aborted && outcome.kind === 'body') await cancelBody(outcome.body)
    switch (outcome.kind) {
      case 'absent':
        await this.#remove(key, stale?.meta, signal)
        return { kind: 'absent' }
      case 'unchanged':
        if (stale === undefined) {
          throw new CacheError('LOAD_FAILED', 'Cannot fetch a blob: found status 304, but nothing is cached', { key })
        }
        await this.#renew(key, stale.meta, ttlMs, signal)
        return { kind: 'there' }
      case 'body':
        return await this.#keep(key, outcome, stale?.meta, ttlMs, signal)
    }
  }

  async #keep(
    key: string,
    { body, fields }: Extract<FetchOutcome, { kind: 'body' }>,
    stale: BlobMeta | undefined,
    ttlMs: number | undefined,
    signal: AbortSignal,
  ): Promise<LoadResult> {
    const { namespace, clock, onProblem } = this.#options
    const now = await this.#head(key, signal)
    if (now !== undefined && now.etag !== stale?.etag && !this.#ageOf(now).stale) {
      // Somebody put a blob while this one was fetched: his is the newer knowledge.
      await cancelBody(body)
      return { kind: 'there' }
    }
    const expiresAt = fields.expiresAt ?? expiryAfter(ttlMs, clock())
    const open = openBody(body)
    try {
      const meta = await putBody(this.#store, namespace, key, open, { ...fields, expiresAt, signal })
      this.#tell('put', key, meta.size)
      return { kind: 'there' }
    } catch (error) {
      if (!(open.body instanceof Uint8Array) || signal.aborted) throw error
      // It is here all the same; only the next one will have to fetch it again.
      tell(onProblem, { code: 'put', namespace, key, error })
      const bytes = new Uint8Array(open.body)
      const etag = await sha256Hex(bytes)
      const kept = { ...fields, contentType: fields.contentType ?? open.contentType, expiresAt }
      return { kind: 'unkept', blob: { meta: makeBlobMeta(bytes.byteLength, etag, clock(), kept), bytes } }
    }
  }

  // What is cached is right again from now on: for as long as was asked for, else as long as it was the last time.
  async #renew(key: string, stale: BlobMeta, ttlMs: number | undefined, signal: AbortSignal): Promise<void> {
    const { namespace, clock } = this.#options
    const lifeMs = stale.expiresAt && stale.expiresAt.getTime() - stale.updatedAt.getTime()
    const expiresAt = expiryAfter(ttlMs ?? lifeMs, clock())
    const ifMatch = stale.etag
    if (this.#store.touch !== undefined) {
      await this.#store.touch(namespace, key, { ifMatch, expiresAt, signal })
    } else {
      const again = await this.#store.open(namespace, key, { signal })
      if (again === undefined) return
      const { contentType, metadata, sourceEtag } = stale
      const options = { contentType, metadata, sourceEtag, expiresAt, ifMatch, signal }
      try {
        await this.#store.putStream(namespace, key, again.stream, options)
      } catch (error) {
        // Somebody put another one, which is as good.
        if (!isCacheError(error, 'PRECONDITION_FAILED')) throw error
      } finally {
        await cancelBody(again.stream)
      }
    }
    this.#tell('touch', key, stale.size)
  }

  async #remove(key: string, stale: BlobMeta | undefined, signal: AbortSignal): Promise<void> {
    if (stale === undefined) return
    const { etag: ifMatch, updatedAt: ifUpdatedAt } = stale
    const isGone = await this.#store.delete(this.#options.namespace, key, { ifMatch, ifUpdatedAt, signal })
    if (isGone) this.#tell('delete', key, undefined)
  }

  async #head(key: string, signal: AbortSignal): Promise<BlobMeta | undefined> {
    return await headOf(this.#store, this.#options.namespace, key, signal)
  }

  #ageOf(meta: BlobMeta): ReturnType<typeof ageOf> {
    return ageOf(meta, this.#options.ttlMs, this.#options.clock())
  }

  #tell(type: 'fetch' | 'put' | 'touch' | 'delete', key: string, size: number | undefined): void {
    tell(this.#options.onEvent, { type, namespace: this.#options.namespace, key, size })
  }
}

/** The metadata of a blob, also where a store has no `head`. */
export async function headOf(
  store: BlobStore,
  namespace: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<BlobMeta | undefined> {
  if (store.head !== undefined) return await store.head(namespace, key, { signal })
  const opened = await store.open(namespace, key, { signal })
  await cancelBody(opened?.stream)
  return opened?.meta
}

function expiryAfter(ttlMs: number | undefined, nowMs: number): Date | undefined {
  if (ttlMs === undefined || ttlMs <= 0) return undefined
  const expiresAt = new Date(nowMs + ttlMs)
  return Number.isNaN(expiresAt.getTime()) ? undefined : expiresAt
}

function failure(key: string, error: unknown): CacheError {
  if (isCacheError(error, 'LOAD_FAILED')) return error
  return new CacheError('LOAD_FAILED', 'Cannot fetch a blob: the fetcher or the store failed', { cause: error, key })
}
