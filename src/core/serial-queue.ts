import { abortedBy } from './abortable.ts'
import { checkSignal } from './check.ts'
import { onAbort } from './on-abort.ts'

/** Runs tasks one after the other, in the order in which they came. */
export class SerialQueue {
  #tail: Promise<void> = Promise.resolve()

  /** Settles as `task` does. An abort ends the wait for its turn at once, with `ABORTED`. */
  async run<T>(task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    checkSignal(signal)
    let started = false
    const before = this.#tail
    const running = before.then(() => {
      // An abort while waiting was reported already; the task must not run behind the caller's back.
      checkSignal(signal)
      started = true
      return task()
    })
    this.#tail = running.then(ignore, ignore)
    if (signal === undefined) return running
    return new Promise<T>((resolve, reject) => {
      const stop = onAbort(signal, () => {
        if (!started) reject(abortedBy(signal))
      })
      running.then(resolve, reject).finally(stop)
    })
  }

  /** Resolves when all tasks that came before are done. */
  async idle(): Promise<void> {
    await this.#tail
  }
}

function ignore(): void {}
