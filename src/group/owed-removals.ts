const firstPauseMs = 1_000
const longestPauseMs = 60_000
/** The most names that are remembered one by one. */
export const maxOwed = 8_192

/** Names whose records must go and are still there, because the store failed; and when it is tried again. */
export class OwedRemovals {
  readonly #names = new Set<string>()
  #pauseMs = firstPauseMs
  #nextAtMs = Number.NEGATIVE_INFINITY

  get size(): number {
    return this.#names.size
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** False: there are too many to remember another one. */
  add(name: string): boolean {
    if (this.#names.size >= maxOwed && !this.#names.has(name)) return false
    this.#names.add(name)
    return true
  }

  delete(name: string): void {
    this.#names.delete(name)
  }

  clear(): void {
    this.#names.clear()
  }

  /** The first `count` of which `isFree` is true. */
  first(count: number, isFree: (name: string) => boolean): string[] {
    const names: string[] = []
    for (const name of this.#names) {
      if (names.length === count) break
      if (isFree(name)) names.push(name)
    }
    return names
  }

  /** Whether the pause after the last failure is over. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#nextAtMs
  }

  /** Doubles the pause. */
  failed(nowMs: number): void {
    this.#nextAtMs = nowMs + this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs)
  }

  succeeded(): void {
    this.#pauseMs = firstPauseMs
    this.#nextAtMs = Number.NEGATIVE_INFINITY
  }
}
