import type { BlobMeta } from './blob-meta.ts'

/**
 * When `meta` stops being fresh, in milliseconds since 1970: its own `expiresAt` if it has one, else `ttlMs` after it was put.
 * `undefined` is never: there is neither, or `ttlMs` is 0 or less.
 */
export function expiryMs(meta: BlobMeta, ttlMs: number | undefined): number | undefined {
  if (meta.expiresAt !== undefined) return meta.expiresAt.getTime()
  if (ttlMs === undefined || ttlMs <= 0) return undefined
  return meta.updatedAt.getTime() + ttlMs
}

/** How a blob stands at a moment. */
export interface BlobAge {
  /** Since it was put, in milliseconds; negative if the clock went back. */
  readonly ageMs: number
  /** Until it is stale, in milliseconds; negative if it is, `undefined` if it never will be. */
  readonly expiresInMs: number | undefined
  /** It expired strictly before this moment. */
  readonly stale: boolean
}

/** How `meta` stands at `nowMs`. */
export function ageOf(meta: BlobMeta, ttlMs: number | undefined, nowMs: number): BlobAge {
  const expiry = expiryMs(meta, ttlMs)
  const expiresInMs = expiry === undefined ? undefined : expiry - nowMs
  return { ageMs: nowMs - meta.updatedAt.getTime(), expiresInMs, stale: expiresInMs !== undefined && expiresInMs < 0 }
}

/** Whether a blob may still stand in where a fetch fails: it is not stale for more than `graceMs`. */
export function isUsable({ expiresInMs }: BlobAge, graceMs: number): boolean {
  return expiresInMs === undefined || expiresInMs >= -graceMs
}
