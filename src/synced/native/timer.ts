/** A timer that is set anew or stopped at any time, and keeps no process alive. */
export class Timer {
  #timer: ReturnType<typeof setTimeout> | undefined

  get isSet(): boolean {
    return this.#timer !== undefined
  }

  /** Calls `work` after `ms`, in place of what was to be called before. */
  set(ms: number, work: () => void): void {
    this.stop()
    const timer = setTimeout(() => {
      this.#timer = undefined
      work()
    }, ms)
    // Browsers give a number here, and have no process to keep alive.
    if (typeof timer === 'object') timer.unref()
    this.#timer = timer
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
