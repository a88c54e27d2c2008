import type { CodecId } from '../codec/codec.ts'
import type { CallSignal } from '../core/call-signal.ts'

/** A value as it is kept and sent: encoded, with what says how long and against what it holds. */
export interface SyncedEntry {
  /** Orders all entries of a key within one life of the local level: an entry never replaces one of a higher version. */
  readonly version: number
  /** What reads `body`. */
  readonly codec: CodecId
  /** The encoded value; not changed by anyone. */
  readonly body: Uint8Array
  /** When it stops being fresh, in milliseconds since 1970 by this process's clock; `Infinity` is for ever. */
  readonly freshUntilMs: number
  /** When it is gone, on the same clock. Between the two it is stale. */
  readonly expiresAtMs: number
  /** By which it can be deleted together with others. */
  readonly tags: readonly string[]
}

/** What a read of Redis found under a key. */
export interface RemoteRead {
  /** `undefined`: nothing that is valid. */
  readonly entry: SyncedEntry | undefined
  /** Opaque: what a conditional write holds the key against, so that it fails if the key moved since this read. */
  readonly seen: unknown
}

/** What is written under a key. */
export interface RemoteValue {
  /** What reads `body`. */
  readonly codec: CodecId
  /** The encoded value; not changed by anyone. */
  readonly body: Uint8Array
  /** How long it is fresh, in milliseconds; `undefined` is for ever. */
  readonly ttlMs: number | undefined
  /** How long it is kept after that. */
  readonly staleMs: number
  /** By which it can be deleted together with others. */
  readonly tags: readonly string[]
  /** Whether others are sent the value, or only told that the key moved. */
  readonly broadcast: 'value' | 'key'
}

/** A conditional write: it happens only if the key did not move since `seen` was read, and, with one, under a lease still held. */
export interface RemoteFill extends RemoteValue {
  /** Of the {@link RemoteRead} before the load. */
  readonly seen: unknown
  /** The highest version to which this process saw the key move since before `seen` was read. @default -1, it did not */
  readonly changedTo?: number
  /** Under which it was loaded. */
  readonly lease?: RemoteLease | undefined
}

/** The right to load a key for the whole fleet. */
export interface RemoteLease {
  /** The key that may be loaded. */
  readonly key: string
  /** Tells this holder from others. */
  readonly token: string
}

/** Options of the calls of a {@link RemoteLevel}. */
export interface RemoteOptions {
  /** Ends the call with `ABORTED`; whether Redis did it is then unknown. */
  readonly signal?: CallSignal | undefined
}

/**
 * Why the local level is emptied: in step for the first time, a new subscription (also after Redis cut off who was too slow to
 * hear), a missed event, another history in Redis, a clear.
 */
export type ResetReason = 'open' | 'reconnect' | 'gap' | 'epoch' | 'clear'

/** What a mode tells the local level about; calls come in the order in which Redis did things. */
export interface RemoteSink {
  /** Another process (or this one, if the mode applies its own writes by their events) set a key. */
  set(key: string, entry: SyncedEntry, sender: string): void
  /**
   * The key moved (set without its value, deleted, invalidated): a copy of a lower version is dropped. With `isOnlyHere` Redis
   * keeps its value, or this process changed it itself.
   */
  drop(key: string, version: number, isOnlyHere?: boolean): void
  /** Entries with this tag and a lower version are dropped. */
  dropTag(tag: string, version: number): void
  /** Everything is dropped, and fills that began before are refused. */
  reset(reason: ResetReason): void
  /** Whether what is read may be kept: no while the mode is out of step with Redis. */
  inStep(isInStep: boolean): void
  /** Something came that was not understood, or a call behind the scenes failed. */
  problem(error: Error): void
}

/** Keeps values in Redis and tells the other processes: the seam between a SyncedCache and its two modes. */
export interface RemoteLevel {
  /** Subscribes; resolves when the mode is in step. Rejects with `UNAVAILABLE` where Redis does not answer in time. */
  open(options?: RemoteOptions): Promise<void>
  /** What Redis holds under each key; in the order of `keys`. */
  read(keys: readonly string[], options?: RemoteOptions): Promise<readonly RemoteRead[]>
  /** Writes all and tells the others. The entries have the versions that they got, in the order given. */
  write(
    values: readonly (readonly [key: string, value: RemoteValue])[],
    options?: RemoteOptions,
  ): Promise<readonly (SyncedEntry | undefined)[]>
  /** Writes conditionally; `undefined`: the key moved, nothing was written. */
  fill(key: string, fill: RemoteFill, options?: RemoteOptions): Promise<SyncedEntry | undefined>
  /** Removes the key, there or not, and tells the others; gives the version of that. */
  delete(key: string, options?: RemoteOptions): Promise<number>
  /** Makes all processes drop their copies; Redis keeps the value. Gives the version of that. */
  invalidate(key: string, options?: RemoteOptions): Promise<number>
  /** Removes every entry with that tag and tells the others. */
  deleteByTag(tag: string, options?: RemoteOptions): Promise<void>
  /** Empties the cache for all, in constant time where the mode can. */
  clear(options?: RemoteOptions): Promise<void>
  /** Removes what is dead but still takes space in Redis; gives how many keys. */
  sweep(options?: RemoteOptions): Promise<number>
  /** Takes the lease of a key for `leaseMs`; `undefined`: somebody else has it. */
  acquire(key: string, leaseMs: number, options?: RemoteOptions): Promise<RemoteLease | undefined>
  /** Prolongs a lease; false: it is lost. */
  renew(lease: RemoteLease, leaseMs: number, options?: RemoteOptions): Promise<boolean>
  /** Gives a lease up if it is still held. */
  release(lease: RemoteLease, options?: RemoteOptions): Promise<void>
  /** `down`: no subscription. `resyncing`: subscribed, not yet known to have missed nothing. */
  readonly status: 'ready' | 'resyncing' | 'down' | 'closed'
  /** Ends the subscription; the client stays open. Closing twice succeeds. */
  close(): Promise<void>
}
