import { abortable } from './abortable.ts'
import type { CallSignal } from './call-signal.ts'

/** The calls that are under way, so that a `close` can wait for the work also where the caller no longer does. */
export class RunningCalls {
  readonly #works = new Set<Promise<unknown>>()

  /** Resolves as `work` does, but rejects with `ABORTED` as soon as `signal` is aborted; the work is under way until it ends. */
  wait<T>(work: Promise<T>, signal?: CallSignal | undefined): Promise<T> {
    const ended = (): boolean => this.#works.delete(work)
    this.#works.add(work)
    work.then(ended, ended)
    return abortable(work, signal)
  }

  /** Resolves once no work is under way; never rejects. */
  async ended(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled(this.#works)
  }
}
