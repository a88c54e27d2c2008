import { CacheError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { Entry } from './entry.ts'
import type { RecordStats } from './group-stats.ts'

/** Options of a {@link RecordStore}. Times are in milliseconds, sizes in bytes. */
export interface RecordStoreOptions {
  /** The group's name: 1 to 256 bytes of UTF-8. */
  readonly group: string
  /** Names this run of the process: what another run stored is told apart by it. Not empty. */
  readonly runId: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** The budget of the store, for all records of the group. `Infinity` is none. @default 1 GiB */
  readonly maxBytes?: number | undefined
  /** The most that waits to be written by fills; more is dropped and counted. @default 8 MiB */
  readonly maxQueueBytes?: number | undefined
  /** How long past its expiry a record is still answered (for stale use). @default 0 */
  readonly keepExpiredMs?: number | undefined
  /** After how long a load that the store does not answer is a miss. @default 1_000 */
  readonly loadTimeoutMs?: number | undefined
  /** After how long a set or remove that the store does not answer rejects with `TIMEOUT`. @default 10_000 */
  readonly writeTimeoutMs?: number | undefined
  /** How long after the first write the records of earlier runs are looked through, behind. @default 1_000 */
  readonly surveyDelayMs?: number | undefined
  /** Told of every failure of the store, also of those that nobody else is told of. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** What a load found. */
export interface LoadedRecord {
  readonly entry: Entry
  /** Whether another run stored it, so that it may have missed a set or remove. */
  readonly isEarlierRun: boolean
}

/** The persistent level of one group. */
export class RecordStore {
  constructor(_store: Store, _options: RecordStoreOptions) {}
  async load(_key: string, _signal?: AbortSignal): Promise<LoadedRecord | undefined> {
    return undefined
  }
  fill(_key: string, _entry: Entry): void {}
  async set(_key: string, _entry: Entry, _signal?: AbortSignal): Promise<void> {
    throw new CacheError('UNAVAILABLE', 'not built yet')
  }
  async remove(_key: string, _signal?: AbortSignal): Promise<void> {
    throw new CacheError('UNAVAILABLE', 'not built yet')
  }
  /** Removes every record of the group. */
  async clear(_signal?: AbortSignal): Promise<void> {}
  async flush(): Promise<void> {}
  async close(): Promise<void> {}
  stats(): RecordStats {
    return { hits: 0, misses: 0, writes: 0, dropped: 0, evictions: 0, corrupt: 0, errors: 0, bytes: 0 }
  }
}
