/** Stands in until the real one is merged. */
export interface BreakerOptions {
  readonly failures?: number | undefined
}
