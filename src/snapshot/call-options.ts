/** Told while a store or a load goes on: `done` of `total` segments of `column`. */
export interface Progress {
  /** Name of the column. */
  readonly column: string
  /** Segments of it that are done. */
  readonly done: number
  /** Segments that there are to do. */
  readonly total: number
}

/** Options of the calls of a `SnapshotCache`. */
export interface CallOptions {
  /** Ends the call with `ABORTED`. */
  readonly signal?: AbortSignal | undefined
  /** Told after each segment that was read or written. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}
