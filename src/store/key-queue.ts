/** Runs tasks of one key one after the other, in the order of the calls; tasks of different keys at once. */
export class KeyQueue {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Runs `task` after every earlier task of `key`, whether that succeeded or not. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const earlier = this.#tails.get(key)
    const result = earlier === undefined ? task() : earlier.then(task, task)
    this.#tails.set(key, result)
    const forget = (): void => {
      if (this.#tails.get(key) === result) this.#tails.delete(key)
    }
    result.then(forget, forget)
    return result
  }

  /** Resolves once the tasks of `key` that were started so far have ended; `undefined` if there are none. */
  ended(key: string): Promise<unknown> | undefined {
    return this.#tails.get(key)?.catch(() => undefined)
  }
}
