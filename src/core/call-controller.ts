import type { CallSignal } from './call-signal.ts'

/**
 * An `AbortController` that is its own signal and makes a real one only for who asks. In Node 20 to make one, and to let
 * the garbage collector have it, takes longer than all the rest of a call; nearly every call ends without a look at it.
 */
export class CallController implements CallSignal {
  readonly #onSignal: ((signal: AbortSignal) => void) | undefined
  #real: AbortController | undefined
  #listeners: Set<() => void> | undefined
  #isAborted = false
  #reason: unknown

  /** `onSignal` is told of the real signal, should it be made. */
  constructor(onSignal?: (signal: AbortSignal) => void) {
    this.#onSignal = onSignal
  }

  get aborted(): boolean {
    return this.#isAborted
  }

  get reason(): unknown {
    return this.#reason
  }

  /** A real signal of the same. */
  get signal(): AbortSignal {
    if (this.#real === undefined) {
      this.#real = new AbortController()
      this.#onSignal?.(this.#real.signal)
      if (this.#isAborted) this.#real.abort(this.#reason)
    }
    return this.#real.signal
  }

  /** Aborts; later calls do nothing. */
  abort(reason: unknown): void {
    if (this.#isAborted) return
    this.#isAborted = true
    this.#reason = reason
    for (const listener of this.#listeners ?? []) listener()
    this.#listeners = undefined
    this.#real?.abort(reason)
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.#isAborted) return
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners?.delete(listener)
  }
}
