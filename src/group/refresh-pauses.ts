const longestPauseMs = 1_000
const maxKeys = 10_000

/**
 * Which keys are not to be refreshed for a moment: a refresh that failed, or brought what is about to expire again, must
 * not be followed by another at the very next get.
 */
export class RefreshPauses {
  // In the order in which they began.
  readonly #untilMs = new Map<string, number>()

  /** Begins a pause after a refresh left a value that expires in `leftMs`, or has already for a negative one. */
  begin(key: string, leftMs: number, nowMs: number): void {
    this.#untilMs.delete(key)
    // Half of what is left: so that a value which lives shortly is still refreshed before it expires.
    this.#untilMs.set(key, nowMs + (leftMs > 0 ? Math.min(longestPauseMs, leftMs / 2) : longestPauseMs))
    if (this.#untilMs.size <= maxKeys) return
    for (const oldest of this.#untilMs.keys()) {
      this.#untilMs.delete(oldest)
      break
    }
  }

  has(key: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(key)
    if (untilMs === undefined) return false
    // Longer than any pause: the clock was set back.
    if (untilMs > nowMs && untilMs <= nowMs + longestPauseMs) return true
    this.#untilMs.delete(key)
    return false
  }

  end(key: string): void {
    this.#untilMs.delete(key)
  }
}
