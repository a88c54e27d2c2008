/**
 * Shares one slow operation among all who ask for it: at most one runs and one waits. Whoever asks while one runs gets
 * the next one, which starts after the call and therefore covers what the caller did before it.
 */
export class SharedSync {
  readonly #sync: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(sync: () => Promise<void>) {
    this.#sync = sync
  }

  /** Resolves when a run that started after this call has ended; rejects if that run failed. */
  run(): Promise<void> {
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return this.#start()
    const start = (): Promise<void> => {
      this.#next = undefined
      return this.#start()
    }
    this.#next = this.#running.then(start, start)
    return this.#next
  }

  #start(): Promise<void> {
    const ended = (): void => {
      this.#running = undefined
    }
    const run = this.#sync().finally(ended)
    this.#running = run
    return run
  }
}
