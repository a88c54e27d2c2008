/** Runs tasks that share a key one after the other, in the order of the calls; all others at once. */
export class KeyTurns {
  readonly #tails = new Map<string, Promise<void>>()

  /** Runs `task` after every earlier task of any of `keys`, whether that succeeded or not. */
  run<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    // All places are taken in one step: two tasks never wait for each other.
    const earlier = keys.flatMap(key => this.#tails.get(key) ?? [])
    const result = earlier.length === 0 ? task() : Promise.all(earlier).then(task)
    const tail = result.then(ignore, ignore)
    for (const key of keys) this.#tails.set(key, tail)
    void tail.then(() => {
      for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key)
    })
    return result
  }

  /** Resolves when all tasks that were started so far have ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values())
  }
}

function ignore(): void {}
