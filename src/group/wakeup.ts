/** A wait that a timer, a call or a signal ends: what a loop sleeps on that polls and is also told. */
export class Wakeup {
  #wake: (() => void) | undefined
  #isDue = false

  /** Ends the wait, or makes the next one end at once. */
  wake(): void {
    this.#isDue = true
    this.#wake?.()
  }

  /** Resolves after `ms`, at a {@link wake} since the last wait, or when `signal` aborts. Keeps no process alive. */
  async wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#isDue && !signal?.aborted) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(done, ms)
        // Browsers give a number here, and have no process to keep alive.
        if (typeof timer === 'object') timer.unref()
        function done(): void {
          clearTimeout(timer)
          signal?.removeEventListener('abort', done)
          resolve()
        }
        signal?.addEventListener('abort', done, { once: true })
        this.#wake = done
      })
      this.#wake = undefined
    }
    this.#isDue = false
  }
}
