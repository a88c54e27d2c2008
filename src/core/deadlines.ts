/** One wait for an end. */
export interface Deadline {
  readonly dueMs: number
  readonly onTime: () => void
  isPending: boolean
  earlier: Deadline | undefined
  later: Deadline | undefined
}

/**
 * Deadlines that are all the same time away: one timer serves them, for to set and to clear one for each call takes as
 * long as all the rest of a call that is answered soon.
 */
export class Deadlines {
  readonly #timeoutMs: number
  /** The pending ones, in the order of their beginning, which is that of their ends. */
  #first: Deadline | undefined
  #last: Deadline | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `timeoutMs` is at most what timers know. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Calls `onTime`, which must not throw, when the time is over, unless it is given to {@link end} before. */
  begin(onTime: () => void): Deadline {
    const dueMs = performance.now() + this.#timeoutMs
    const deadline: Deadline = { dueMs, onTime, isPending: true, earlier: this.#last, later: undefined }
    if (this.#last === undefined) this.#first = deadline
    else this.#last.later = deadline
    this.#last = deadline
    if (this.#timer === undefined) this.#arm()
    else if (this.#first === deadline) this.#keepAlive(true)
    return deadline
  }

  /** Ends the wait; one that is over stays so. */
  end(deadline: Deadline): void {
    if (!deadline.isPending) return
    this.#take(deadline)
    // The timer stays for the calls to come.
    if (this.#first === undefined) this.#keepAlive(false)
  }

  #take(deadline: Deadline): void {
    const { earlier, later } = deadline
    deadline.isPending = false
    if (earlier === undefined) this.#first = later
    else earlier.later = later
    if (later === undefined) this.#last = earlier
    else later.earlier = earlier
    // Who still holds it shall not hold all that came after.
    deadline.earlier = undefined
    deadline.later = undefined
  }

  // For the first of them, which is there.
  #arm(): void {
    this.#timer = setTimeout(() => this.#fire(), Math.ceil(this.#first!.dueMs - performance.now()))
  }

  #fire(): void {
    this.#timer = undefined
    const nowMs = performance.now()
    // One that is told may end others, and begin some.
    for (let first = this.#first; first !== undefined && first.dueMs <= nowMs; first = this.#first) {
      this.#take(first)
      first.onTime()
    }
    if (this.#first !== undefined && this.#timer === undefined) this.#arm()
  }

  // In Node a timer keeps the process: only a call under way is to.
  #keepAlive(isWanted: boolean): void {
    const timer = this.#timer
    if (typeof timer !== 'object') return
    if (isWanted) timer.ref()
    else timer.unref()
  }
}
