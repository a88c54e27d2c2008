/** How long a measurement counts at least, in milliseconds: clocks drift, and are set. */
const windowMs = 10_000
/** Events are rarely under way for so long. */
const doubtMs = 1_000

/**
 * How far the clock of Redis is ahead of this process's, taken as far as it can be, so that nothing is thought to live
 * longer than it does. What Redis said was said after the question was sent; the quickest answer tells most.
 */
export class ClockOffset {
  #least = Number.POSITIVE_INFINITY
  #leastBefore = Number.POSITIVE_INFINITY
  #windowEndsMs = Number.NEGATIVE_INFINITY

  /** In milliseconds; 0 until anything is known. */
  get offsetMs(): number {
    const least = Math.min(this.#least, this.#leastBefore)
    return least === Number.POSITIVE_INFINITY ? 0 : least
  }

  /** Redis answered a question sent at `sentAtMs` of this process's clock with its time. */
  answered(sentAtMs: number, redisMs: number): void {
    // Before the window: this process's clock was set back.
    if (sentAtMs >= this.#windowEndsMs || sentAtMs < this.#windowEndsMs - windowMs) {
      const isNext = sentAtMs >= this.#windowEndsMs && sentAtMs < this.#windowEndsMs + windowMs
      this.#leastBefore = isNext ? this.#least : Number.POSITIVE_INFINITY
      this.#least = Number.POSITIVE_INFINITY
      this.#windowEndsMs = sentAtMs + windowMs
    }
    this.#least = Math.min(this.#least, redisMs - sentAtMs)
  }

  /**
   * Redis's clock showed `redisMs` when, or before, this process's showed `nowMs`: the offset is at least that. False: it is
   * so much less that Redis should be asked. What was heard was long under way, or this process's clock was set ahead.
   */
  heard(nowMs: number, redisMs: number): boolean {
    if (this.#windowEndsMs === Number.NEGATIVE_INFINITY) return true
    const atLeast = redisMs - nowMs
    if (atLeast <= this.offsetMs) return atLeast > this.offsetMs - doubtMs
    this.#least = atLeast
    this.#leastBefore = Number.POSITIVE_INFINITY
    return true
  }

  /** An instant of Redis's clock on this process's; 0 is never. */
  toLocal(redisMs: number): number {
    return redisMs === 0 ? Number.POSITIVE_INFINITY : redisMs - this.offsetMs
  }
}
