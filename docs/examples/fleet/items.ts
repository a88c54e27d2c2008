/** What the shop sells. */
export const items: readonly string[] = ['apples', 'pears', 'plums', 'figs']

/** What a process tells, several times a second. */
export interface WorkerReport {
  readonly status: string
  /** The prices that it holds in memory, in the order of {@link items}: `undefined` if it holds none. */
  readonly held: readonly (number | null | undefined)[]
  readonly hits: number
  readonly misses: number
  readonly sets: number
  /** Calls that Redis could not answer. */
  readonly refused: number
}
