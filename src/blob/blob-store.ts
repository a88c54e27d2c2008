import type { BlobFields, BlobMeta } from './blob-meta.ts'

/** Options of every {@link BlobStore} call. */
export interface BlobCallOptions {
  /** Ends the call with `ABORTED`, also while a source or a reader is stalled. */
  readonly signal?: AbortSignal | undefined
}

/** Options of a put. */
export interface BlobPutOptions extends BlobCallOptions, BlobFields {
  /** Put only if there is a blob of this etag; else `PRECONDITION_FAILED`. Decided and done in one step. */
  readonly ifMatch?: string | undefined
  /** Put only if there is no blob (`'*'`), or none of this etag; else `PRECONDITION_FAILED`. */
  readonly ifNoneMatch?: string | undefined
}

/** Options of a delete. Both are decided and done in one step. */
export interface BlobDeleteOptions extends BlobCallOptions {
  /** Only a blob of this etag goes. */
  readonly ifMatch?: string | undefined
  /** Only a blob that was put at this time, to the millisecond, goes. */
  readonly ifUpdatedAt?: Date | undefined
}

/** Options of a touch. */
export interface BlobTouchOptions extends BlobCallOptions {
  /** The etag that the blob must have. */
  readonly ifMatch: string
  /** Its new expiry; `undefined` is none of its own. */
  readonly expiresAt: Date | undefined
}

/** Options of a lease. */
export interface BlobLeaseOptions extends BlobCallOptions {
  /** How long to wait for who has it, in milliseconds; then the call is `TIMEOUT`. @default Infinity */
  readonly waitMs?: number | undefined
}

/** A lease that is held. */
export interface BlobLease {
  /** Gives it back. Never rejects; a second time does nothing. */
  release(): Promise<void>
}

/**
 * A part of a body in bytes: from `start` (default 0) up to but not including `end` (default the size). What is beyond the
 * size is cut off; an `end` before `start`, and what is no integer of at least 0, is a RangeError.
 */
export interface BlobRange {
  /** The first byte. @default 0 */
  readonly start?: number | undefined
  /** The byte behind the last one. @default the size */
  readonly end?: number | undefined
}

/** A blob whose body is read as a stream. */
export interface OpenBlob {
  /** Of the whole blob, also where a part was asked for. */
  readonly meta: BlobMeta
  /**
   * The body, or the part asked for. The whole body is verified: a damaged one ends in an error (`CORRUPT`) before its
   * last bytes. Cancel it if it is not read to the end. A later put or delete of the key does not change it.
   */
  readonly stream: ReadableStream<Uint8Array>
}

/** A blob whose body was read into memory, and verified. The bytes are the caller's. */
export interface LoadedBlob {
  /** What is known of it beside its bytes. */
  readonly meta: BlobMeta
  /** The whole body. */
  readonly bytes: Uint8Array
}

/** Which of the blobs of a namespace are meant. */
export interface BlobListOptions extends BlobCallOptions {
  /** With what their keys start. @default '' all of them */
  readonly prefix?: string | undefined
}

/** One entry of a listing. */
export interface ListedBlob {
  /** Its key, as it was given. */
  readonly key: string
  /** What is known of it beside its bytes. */
  readonly meta: BlobMeta
}

/** What a store says of itself. */
export interface BlobStoreInfo {
  /** Its kind: `disk`, `memory`, ... */
  readonly backend: string
  /** Directory or the like, where there is one. */
  readonly root: string | undefined
  /** Bytes held, where the store knows without a scan. */
  readonly bytes?: number | undefined
  /** Number of blobs held, likewise. */
  readonly count?: number | undefined
}

/**
 * Bodies of any size under a namespace and a key, with metadata. Both are 1 to 1,024 bytes of well-formed text without
 * NUL and without a way out of a directory (see `checkBlobKey`), taken as they are; a namespace never shows or touches what is in another, nested-looking ones included. Absent is
 * `undefined`, a damaged blob counts as absent, and an I/O failure is an error. Rules B1.. are in `coldsnap/contract`.
 */
export interface BlobStore {
  /** The whole blob, verified, in bytes that are the caller's; `undefined` if there is none or it is damaged. */
  get(namespace: string, key: string, options?: BlobCallOptions): Promise<LoadedBlob | undefined>
  /** The body is copied or written before the promise resolves. Replaces body and all metadata. */
  put(namespace: string, key: string, body: Uint8Array, options?: BlobPutOptions): Promise<BlobMeta>
  /** The blob with its body as a stream, or a part of it; `undefined` if there is none. */
  open(namespace: string, key: string, options?: BlobCallOptions & BlobRange): Promise<OpenBlob | undefined>
  /** Reads `body` to its end. If it fails or is aborted, the old blob stays and nothing is left behind. */
  putStream(
    namespace: string,
    key: string,
    body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
    options?: BlobPutOptions,
  ): Promise<BlobMeta>
  /** Deletes; resolves to whether one went. */
  delete(namespace: string, key: string, options?: BlobDeleteOptions): Promise<boolean>
  /** Deletes all blobs of a namespace; resolves to how many there were. */
  deleteNamespace(namespace: string, options?: BlobCallOptions): Promise<number>
  /** The blobs whose keys start with `prefix`, in the order of the keys' UTF-8 bytes. Damaged ones are left out. */
  list(namespace: string, options?: BlobListOptions): AsyncIterable<ListedBlob>
  /**
   * The keys of {@link list}, in its order, by a look at their names alone: those of damaged blobs may be among them. Absent:
   * `list` is used.
   */
  keys?(namespace: string, options?: BlobListOptions): AsyncIterable<string>
  /** Only the metadata. Absent: `open` is used. */
  head?(namespace: string, key: string, options?: BlobCallOptions): Promise<BlobMeta | undefined>
  /**
   * Puts the same body again with new times: `updatedAt` is now, `expiresAt` what is given. Resolves to `undefined` if
   * there is no blob of the etag `ifMatch`. Absent: `putStream` of what `open` gives is used.
   */
  touch?(namespace: string, key: string, options: BlobTouchOptions): Promise<BlobMeta | undefined>
  /** Removes what interrupted puts left behind; resolves to how many pieces. Absent: there is none, or it goes by itself. */
  sweep?(namespace: string, options?: BlobCallOptions): Promise<number>
  /**
   * Takes the lease of a key, which one at a time has among all who use the medium, and waits for it. It is for work that only one
   * should do, and keeps nobody from any other call. It ends with the process or the store of its holder. Absent: a cache
   * with the option `lease` cannot use the store.
   */
  lease?(namespace: string, key: string, options?: BlobLeaseOptions): Promise<BlobLease>
  /** What the store is, for people and logs. */
  describe?(options?: BlobCallOptions): Promise<BlobStoreInfo>
  /** Rejects if the store cannot be used now. */
  check?(options?: BlobCallOptions): Promise<void>
  /** Every call afterwards is `CLOSED`. Closing twice succeeds. */
  close?(): Promise<void>
}
