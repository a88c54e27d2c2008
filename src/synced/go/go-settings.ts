/** What a Go-compatible level is told, with every default filled in. */
export interface GoSettings {
  /** In front of every key in Redis; may be empty, as with Go's package. Keys without it are not this cache's. */
  readonly prefix: string
  /** Go's `InvalidationChannel`. */
  readonly channel: string
  /** Go's `PodID`: the sender of this process's events; of no other process. */
  readonly id: string
  /** Larger values are not sent: the others are told that the key moved. In bytes of JSON. */
  readonly inlineBytes: number
  /** After so long without a message, up to twice as long, the subscription is tried by a ping; in milliseconds. */
  readonly heartbeatMs: number
  /** How long a ping may take to come back, in milliseconds. */
  readonly timeoutMs: number
  /** Never writes a key and publishes nothing: its pings are commands to the server, over the subscription. */
  readonly reader: boolean
  /** Whether `clear` may remove all keys of the database, which it must where the prefix is empty. */
  readonly clearWithoutPrefix: boolean
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** At least 0 and less than 1. */
  readonly random: () => number
}

/** The channel of Go's package where none is named. */
export const goChannel = 'cache:invalidate'
