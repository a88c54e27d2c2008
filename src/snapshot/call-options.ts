/** Told while a store or a load goes on: `done` of `total` segments of `column`. */
export interface Progress {
  readonly column: string
  readonly done: number
  readonly total: number
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}
