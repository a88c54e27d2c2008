/** One wait for an end. */
interface Deadline {
  readonly dueMs: number
  readonly onTime: () => void
}

/**
 * Deadlines that are all the same time away: one timer serves them, for to set and to clear one for each call takes as
 * long as all the rest of a call that is answered soon.
 */
export class Deadlines {
  readonly #timeoutMs: number
  /** The first to come first. */
  readonly #pending = new Set<Deadline>()
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `timeoutMs` is at most what timers know. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Calls `onTime` when the time is over, unless what is returned was called before; it may be called more than once. */
  begin(onTime: () => void): () => void {
    const deadline: Deadline = { dueMs: performance.now() + this.#timeoutMs, onTime }
    this.#pending.add(deadline)
    if (this.#timer === undefined) this.#arm(this.#timeoutMs)
    else if (this.#pending.size === 1) this.#keepAlive(true)
    return () => this.#end(deadline)
  }

  #end(deadline: Deadline): void {
    // The timer stays for the calls to come.
    if (this.#pending.delete(deadline) && this.#pending.size === 0) this.#keepAlive(false)
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => this.#fire(), ms)
  }

  #fire(): void {
    this.#timer = undefined
    const nowMs = performance.now()
    const due: Deadline[] = []
    for (const deadline of this.#pending) {
      if (deadline.dueMs > nowMs) {
        this.#arm(Math.ceil(deadline.dueMs - nowMs))
        break
      }
      due.push(deadline)
    }
    for (const deadline of due) {
      // One may have ended another.
      if (this.#pending.delete(deadline)) deadline.onTime()
    }
  }

  // In Node a timer keeps the process: only a call under way is to.
  #keepAlive(isWanted: boolean): void {
    const timer = this.#timer
    if (typeof timer !== 'object') return
    if (isWanted) timer.ref()
    else timer.unref()
  }
}
