/** A value that another process set, before it is kept here. */
export interface SetLocalEvent {
  /** The key that was set. */
  readonly key: string
  /** The id of the process that set it. */
  readonly sender: string
  /** What was done; there is only this. */
  readonly action: 'set'
  /** The encoded value; not to be changed. */
  readonly bytes: Uint8Array
  /** The value, decoded when first asked for; one's own. */
  readonly value: unknown
}

/** Where a cache writes what happens to it; `console` is one. */
export interface SyncedLogger {
  /** Told when and why the local copies were dropped. */
  info(message: string): void
  /** Told what `onError` hears, with the error. */
  warn(message: string, error?: unknown): void
}
