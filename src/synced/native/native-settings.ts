/** How a cache of the native mode works: all checked by the caller. */
export interface NativeSettings {
  /** Before all names in Redis: 1 to 200 bytes without `{` and `}`. */
  readonly prefix: string
  /** Over how many slots of a cluster the keys are spread, 1 to 65,535; the same in all processes. */
  readonly partitions: number
  /** The number of the database, which is part of the channel's name. */
  readonly db: number
  /** Names this process to the others. */
  readonly id: string
  /** After about so long without an event a tick is sent, in milliseconds. */
  readonly heartbeatMs: number
  /** How long to wait for Redis, in milliseconds: for a tick to come back, and for `open`. */
  readonly timeoutMs: number
  /** Records up to so many bytes are sent to the others, of larger ones only that they moved. */
  readonly inlineBytes: number
  /** How long it is remembered that a key was deleted: at least as long as a load may take. */
  readonly tombstoneMs: number
  /** Whether nothing may be written or told, ticks and epochs neither. */
  readonly reader: boolean
  readonly clock: () => number
  readonly random: () => number
}
