import type { Entry } from './entry.ts'

/** How long past or before its expiry an entry is still of use, in milliseconds. */
export interface FreshnessRules {
  readonly staleMs: number
  readonly staleIfErrorMs: number
  readonly refreshAheadMs: number
}

/**
 * What an entry is good for.
 *
 * - `fresh`: to be answered.
 * - `ageing`: to be answered; its owner refreshes it behind, before it expires.
 * - `stale`: to be answered, while it is refreshed behind.
 * - `spare`: to be answered only if loading it anew fails.
 * - `gone`: nothing.
 */
export type Freshness = 'fresh' | 'ageing' | 'stale' | 'spare' | 'gone'

/** What `entry` is good for at `nowMs`. As in Go the instant of expiry itself still counts as fresh. */
export function freshnessOf(entry: Entry, nowMs: number, rules: FreshnessRules): Freshness {
  const leftMs = entry.expiresAtMs - nowMs
  if (leftMs >= 0) return leftMs < rules.refreshAheadMs ? 'ageing' : 'fresh'
  if (-leftMs <= rules.staleMs) return 'stale'
  return -leftMs <= rules.staleIfErrorMs ? 'spare' : 'gone'
}
