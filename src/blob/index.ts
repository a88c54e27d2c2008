export type { BlobBody } from './blob-body.ts'
export { BlobCache, type BlobFetchOptions, type CachedBlob, type CleanResult } from './blob-cache.ts'
export type { BlobCacheOptions, BlobEvent } from './blob-cache-options.ts'
export type { BlobSource } from './blob-chunks.ts'
export { type BlobHandlerOptions, blobHandler } from './blob-handler.ts'
export type { BlobHit } from './blob-hit.ts'
export type { BlobFields, BlobMeta } from './blob-meta.ts'
export type { BlobProblem, OnBlobProblem } from './blob-problem.ts'
export type {
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
export type { BlobFetcher, FetchContext, Fetched, FetchedBody } from './fetched-blob.ts'
export type { BlobAge } from './freshness.ts'
export { MemoryBlobStore, type MemoryBlobStoreOptions } from './memory-blob-store.ts'
export { type StoreBlobsOptions, storeBlobs } from './store-blobs.ts'
