/** Options of every {@link Store} call. */
export interface StoreOptions {
  /** Ends the wait with an `ABORTED` error. Whether a write that was under way happened is then unknown. */
  readonly signal?: AbortSignal | undefined
}

/** One operation of a {@link Store.batch}. */
export type StoreOperation =
  | { readonly type: 'store'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'remove'; readonly key: string }

/**
 * Bytes under string keys: the one seam between coldsnap and a disk, a database or a network.
 *
 * Keys are 1 to 1,024 bytes of UTF-8; anything else, and a lone surrogate, is `INVALID_KEY`. Keys are compared byte
 * by byte: no case folding, no Unicode normalisation. An I/O failure is always an error, never a miss. The rules S1..
 * that every store keeps are in `coldsnap/contract` and in docs/stores.md.
 */
export interface Store {
  /**
   * Lists the keys that start with `prefix` (all keys for the empty prefix) in the order of their UTF-8 bytes.
   * Keys that are stored or removed while the listing runs may or may not appear; no other key is missed or repeated.
   */
  list(prefix: string, options?: StoreOptions): AsyncIterable<string>
  /** Resolves to the bytes under `key`, or `undefined` if the key is absent. The bytes are the caller's to keep. */
  load(key: string, options?: StoreOptions): Promise<Uint8Array | undefined>
  /**
   * Puts `value` under `key`, replacing what was there. Resolved means readable by every later call; how much a crash
   * can undo is the adapter's durability. The caller may reuse `value` once the promise is resolved.
   */
  store(key: string, value: Uint8Array, options?: StoreOptions): Promise<void>
  /** Removes `key`. Removing an absent key succeeds. */
  remove(key: string, options?: StoreOptions): Promise<void>
  /** Loads many keys in one go; the answers have the order of `keys`, `undefined` where a key is absent. */
  loadMany?(keys: readonly string[], options?: StoreOptions): Promise<(Uint8Array | undefined)[]>
  /** Does all operations in order, or none of them, also across a crash. */
  batch?(operations: readonly StoreOperation[], options?: StoreOptions): Promise<void>
  /**
   * Whether a lock keeps every other writer out, so that what is stored is only what came through this object: of two
   * objects over one medium at most one may say so. Absent is no.
   */
  readonly exclusive?: boolean
  /** Releases what the store holds. Closing twice succeeds; every other call afterwards is `CLOSED`. */
  close?(): Promise<void>
}

/** The longest key that every store must take, in bytes of UTF-8. */
export const maxKeyBytes = 1024
