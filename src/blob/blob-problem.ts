/** Something that went wrong without a caller being told by an error. */
export interface BlobProblem {
  /**
   * `damaged`: a blob was not what it must be, and counts as absent. `cleanup`: something could not be removed and is left
   * for a later sweep. `fetch`: a fetch failed and a stale blob was served. `put`: what was fetched could not be kept.
   * `lease`: the lease of a key could not be had, and it was fetched without.
   */
  readonly code: 'damaged' | 'cleanup' | 'fetch' | 'put' | 'lease'
  /** The namespace of the blob. */
  readonly namespace: string
  /** The key of the blob, where it is known. */
  readonly key: string | undefined
  /** What was thrown, or says what is wrong. */
  readonly error: unknown
}

/** Hears of problems; what it throws is ignored. */
export type OnBlobProblem = (problem: BlobProblem) => void
