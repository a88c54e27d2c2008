import type { EntryCacheFactory } from './entry-cache.ts'
import type { ValueCodec } from './value-codec.ts'

/** What a loader is told beside the key. */
export interface LoadContext {
  /** Aborts when nobody waits for the value any more, at the load's deadline, and when the cache closes. */
  readonly signal: AbortSignal
  /** The key's bytes, for keys that are not UTF-8 (each such byte is a lone surrogate U+DC80.. in the string). */
  readonly keyBytes: Uint8Array
}

/** A value with an expiry of its own. */
export interface LoadedValue<T> {
  /** `undefined` is "there is none". */
  readonly value: T
  /** When it stops being fresh, as a Date or in milliseconds since 1970. Absent: the group's `ttlMs` decides. */
  readonly expiresAt?: Date | number | undefined
}

/**
 * Fetches a value from where it comes from. `undefined` is "there is none" (404 on the wire); a throw is an error of the
 * origin (503 on the wire, `LOAD_FAILED` for the caller).
 */
export type Load<T> = (
  key: string,
  context: LoadContext,
) => Promise<T | LoadedValue<T> | undefined> | T | LoadedValue<T> | undefined

/**
 * What happens to an entry that an earlier run of this node stored. It may have missed a remove or set meanwhile.
 * `revalidate`: answered at once as stale and refreshed once behind; then fresh, or gone. `trust`: taken as fresh until
 * it expires. `discard`: not used.
 */
export type AfterRestart = 'revalidate' | 'trust' | 'discard'

/** Options of one group. Times are in milliseconds, sizes in bytes. */
export interface GroupOptions<T = Uint8Array> {
  /** Loads a value on a miss; called at the key's owner, once per key at a time in the whole fleet. */
  readonly load: Load<T>
  /** Memory for keys and values: 7/8 for keys this node owns, 1/8 for copies of others' hot ones. 0 keeps nothing. */
  readonly maxBytes: number
  /** Turns values into bytes and back. @default bytes as they are */
  readonly codec?: ValueCodec<T> | undefined
  /** How long a value is fresh, unless it brings its own expiry. @default for ever */
  readonly ttlMs?: number | undefined
  /** The share of `ttlMs` by which it is shortened at random, so that values do not expire together. @default 0.1 */
  readonly ttlJitter?: number | undefined
  /** How long after its expiry a value is still answered, while one refresh runs behind. @default 0 */
  readonly staleMs?: number | undefined
  /** How long after its expiry a value is answered if loading it anew fails. @default 0 */
  readonly staleIfErrorMs?: number | undefined
  /** How long "there is none" is remembered. @default 0 */
  readonly negativeTtlMs?: number | undefined
  /** How long before its expiry a value that is read is refreshed behind, at the owner. @default 0 */
  readonly refreshAheadMs?: number | undefined
  /** The deadline of one load. @default 30_000 */
  readonly loadTimeoutMs?: number | undefined
  /** The deadline of one call to a peer. @default 5_000 */
  readonly peerTimeoutMs?: number | undefined
  /** The longest key, in bytes of UTF-8. @default 1024 */
  readonly maxKeyBytes?: number | undefined
  /** The largest value that is taken from a loader, a peer or a caller. @default 64 MiB */
  readonly maxValueBytes?: number | undefined
  /** Whether this group keeps its values in the cache's store, if there is one. @default true */
  readonly persist?: boolean | undefined
  /** The most that this group keeps in the store; the least recently used goes. @default 1 GiB */
  readonly maxStoreBytes?: number | undefined
  /** What becomes of the entries that the store has from an earlier run. @default 'revalidate' */
  readonly afterRestart?: AfterRestart | undefined
  /** Makes the two levels of memory. @default LruCache */
  readonly entryCache?: EntryCacheFactory | undefined
  /** Whether a value that a peer sent is kept here too. @default every one */
  readonly promote?: ((key: string, byteLength: number) => boolean) | undefined
}
