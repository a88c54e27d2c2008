import type { GroupStats } from './group-stats.ts'

/** Options of the calls of a {@link Group}. */
export interface GroupCallOptions {
  /** Ends the wait with `ABORTED`, for this caller only. */
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link Group.set}. */
export interface GroupSetOptions extends GroupCallOptions {
  /** When the value stops being fresh, as a Date or in milliseconds since 1970. @default by the group's `ttlMs` */
  readonly expiresAt?: Date | number | undefined
}

/** Signatures first; the meaning follows. */
export declare class Group<T> {
  readonly name: string
  get(key: string | Uint8Array, options?: GroupCallOptions): Promise<T | undefined>
  peek(key: string | Uint8Array): T | undefined
  getMany(
    keys: Iterable<string | Uint8Array>,
    options?: GroupCallOptions,
  ): Promise<PromiseSettledResult<T | undefined>[]>
  set(key: string | Uint8Array, value: T, options?: GroupSetOptions): Promise<void>
  remove(key: string | Uint8Array, options?: GroupCallOptions): Promise<void>
  removeMany(keys: Iterable<string | Uint8Array>, options?: GroupCallOptions): Promise<void>
  stats(): GroupStats
}
