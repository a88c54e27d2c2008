/** A value that another process set, before it is kept here. */
export interface SetLocalEvent {
  readonly key: string
  /** The id of the process that set it. */
  readonly sender: string
  readonly action: 'set'
  /** The encoded value; not to be changed. */
  readonly bytes: Uint8Array
  /** The value, decoded when first asked for; one's own. */
  readonly value: unknown
}

/** Where a cache writes what happens to it; `console` is one. */
export interface SyncedLogger {
  info(message: string): void
  warn(message: string, error?: unknown): void
}
