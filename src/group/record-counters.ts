import { tell } from '../core/tell.ts'

/** Counters of a record store while they count. */
export class RecordCounters {
  hits = 0
  misses = 0
  writes = 0
  dropped = 0
  evictions = 0
  corrupt = 0
  errors = 0
  readonly #onError: ((error: unknown) => void) | undefined

  constructor(onError: ((error: unknown) => void) | undefined) {
    this.#onError = onError
  }

  /** Counts and tells a failure of the store. */
  failed(error: unknown): void {
    this.errors++
    tell(this.#onError, error)
  }
}
