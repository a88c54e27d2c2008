import type { BreakerOptions } from '../core/breaker.ts'
import type { ValueSharing } from './held-value.ts'
import type { LocalCacheFactory } from './local-cache.ts'
import type { RemoteLevel, RemoteSink } from './remote-level.ts'
import type { SyncedFormat } from './synced-format.ts'
import type { SetLocalEvent, SyncedLogger } from './synced-listeners.ts'

/** {@link SyncedOptions}, which say what each is, checked and with the defaults filled in; what a mode gets. */
export interface SyncedSettings {
  readonly prefix: string
  readonly local: LocalCacheFactory
  /** `Infinity` is for ever. */
  readonly ttlMs: number
  readonly localTtlMs: number
  readonly staleMs: number
  readonly timeoutMs: number
  readonly inlineBytes: number
  readonly format: SyncedFormat
  readonly values: ValueSharing
  /** `undefined`: as the port suggests. */
  readonly partitions: number | undefined
  readonly heartbeatMs: number
  readonly loadTimeoutMs: number
  /** How long a deleted key is remembered, so that loads that began before are refused. */
  readonly tombstoneMs: number
  readonly degraded: boolean
  readonly reader: boolean
  readonly compat: 'go' | undefined
  readonly channel: string
  readonly clearWithoutPrefix: boolean
  readonly id: string
  readonly logger: SyncedLogger | undefined
  readonly onError: ((error: Error) => void) | undefined
  readonly onSetLocal: ((event: SetLocalEvent) => unknown) | undefined
  readonly breaker: BreakerOptions
  readonly maxPending: number
  readonly clock: () => number
  readonly random: () => number
}

/** Makes what keeps the values: a mode over Redis, or something in its place. */
export type RemoteLevelFactory = (sink: RemoteSink, settings: SyncedSettings) => RemoteLevel
