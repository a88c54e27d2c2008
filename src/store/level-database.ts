/** Options that {@link LevelStore} passes with keys. */
export interface LevelKeyOptions {
  readonly keyEncoding: 'utf8'
}

/** Options that {@link LevelStore} passes with values. */
export interface LevelValueOptions extends LevelKeyOptions {
  readonly valueEncoding: 'view'
}

/** Options of a listing. Databases ignore what they do not know. */
export interface LevelRangeOptions extends LevelKeyOptions {
  readonly gte?: string
  readonly lt?: string
  readonly highWaterMarkBytes: number
}

/** One operation of a batch. */
export type LevelOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string }

/** What {@link LevelStore} uses of a key iterator. */
export interface LevelKeyIterator {
  nextv(size: number): Promise<string[]>
  close(): Promise<void>
}

/**
 * What {@link LevelStore} uses of an abstract-level database: every database of that family has it, whatever its
 * version and default encodings.
 */
export interface LevelDatabase {
  /** `'opening'`, `'open'`, `'closing'` or `'closed'`. */
  readonly status: string
  open(): Promise<void>
  close(): Promise<void>
  get(key: string, options: LevelValueOptions): Promise<Uint8Array | undefined>
  getMany(keys: string[], options: LevelValueOptions): Promise<(Uint8Array | undefined)[]>
  put(key: string, value: Uint8Array, options: LevelValueOptions & LevelWriteOptions): Promise<void>
  del(key: string, options: LevelKeyOptions & LevelWriteOptions): Promise<void>
  batch(operations: LevelOperation[], options: LevelValueOptions & LevelWriteOptions): Promise<void>
  keys(options: LevelRangeOptions): LevelKeyIterator
}

/** Options of a write. Databases without such a choice ignore it. */
export interface LevelWriteOptions {
  /** Flush the log before the write counts as done. */
  readonly sync: boolean
}
