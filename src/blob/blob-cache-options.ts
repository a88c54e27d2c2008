import { checkBoolean, checkOptionNames } from '../core/check.ts'
import { checkNamespace } from './blob-name.ts'
import type { OnBlobProblem } from './blob-problem.ts'

/** Something that happened to a blob of a cache; for counters and logs. */
export interface BlobEvent {
  /**
   * `hit`, `stale`, `miss`: what a read found. `put`, `delete`: what was changed. `fetch`: a fetch began. `touch`: what is
   * cached was found unchanged at its source. `expire`: `cleanExpired` removed a blob.
   */
  readonly type: 'hit' | 'stale' | 'miss' | 'put' | 'delete' | 'fetch' | 'touch' | 'expire'
  /** Option `namespace` of the cache. */
  readonly namespace: string
  /** The key of the blob. */
  readonly key: string
  /** Length of the body in bytes, where there is one. */
  readonly size: number | undefined
}

/** Options of a `BlobCache`. */
export interface BlobCacheOptions {
  /** Where in the store the blobs of this cache are: any text of 1 to 1,024 bytes that is no way out of a directory. */
  readonly namespace: string
  /** How long a blob without an expiry of its own is fresh, in milliseconds; 0 or less is for ever. @default 0 */
  readonly ttlMs?: number | undefined
  /**
   * How long after its expiry a blob may stand in where a fetch fails, in milliseconds; `cleanExpired` keeps it that long.
   * @default 0
   */
  readonly graceMs?: number | undefined
  /**
   * Whether a fetch is preceded by taking the lease of its key from the store, so that of all processes that use its medium one
   * fetches at a time, and the others find what it put. All of them should say so. A store that has no `lease` is `UNAVAILABLE`.
   * @default false
   */
  readonly lease?: boolean | undefined
  /**
   * How long to wait for a lease, in milliseconds. Then the fetch begins without it, and `onProblem` hears of that: who
   * fetches for long, or hangs, does not hold up the others for ever.
   * @default 60_000
   */
  readonly leaseWaitMs?: number | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
  /** Hears of what went wrong without an error for a caller. */
  readonly onProblem?: OnBlobProblem | undefined
  /** Told what happens to blobs; what it throws is ignored. */
  readonly onEvent?: ((event: BlobEvent) => void) | undefined
}

/** Options of a `BlobCache`, checked, with their defaults. */
export interface ResolvedBlobCacheOptions {
  readonly namespace: string
  readonly ttlMs: number
  readonly graceMs: number
  readonly lease: boolean
  readonly leaseWaitMs: number
  readonly clock: () => number
  readonly onProblem: OnBlobProblem | undefined
  readonly onEvent: ((event: BlobEvent) => void) | undefined
}

const names = ['namespace', 'ttlMs', 'graceMs', 'lease', 'leaseWaitMs', 'clock', 'onProblem', 'onEvent']

export function resolveBlobCacheOptions(options: BlobCacheOptions): ResolvedBlobCacheOptions {
  checkOptionNames(options, names)
  const { namespace, ttlMs = 0, graceMs = 0, clock = Date.now, onProblem, onEvent } = options
  const { lease = false, leaseWaitMs = 60_000 } = options
  checkNamespace(namespace)
  checkMs('ttlMs', ttlMs)
  checkMs('graceMs', graceMs)
  if (graceMs < 0) throw new RangeError(`Option graceMs must be at least 0, received ${graceMs}`)
  checkBoolean('lease', lease)
  checkMs('leaseWaitMs', leaseWaitMs)
  if (leaseWaitMs < 0) throw new RangeError(`Option leaseWaitMs must be at least 0, received ${leaseWaitMs}`)
  for (const [name, value] of Object.entries({ clock, onProblem, onEvent })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`Option ${name} must be a function, received ${typeof value}`)
    }
  }
  return { namespace, ttlMs, graceMs, lease, leaseWaitMs, clock, onProblem, onEvent }
}

/** Throws unless `value` is a number of milliseconds; `Infinity` is one. */
export function checkMs(name: string, value: number): void {
  if (typeof value !== 'number') throw new TypeError(`Option ${name} must be a number, received ${typeof value}`)
  if (Number.isNaN(value)) throw new RangeError(`Option ${name} must be a number of milliseconds, received NaN`)
}
