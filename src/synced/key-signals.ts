import { abortedBy } from '../core/abortable.ts'
import type { CallSignal } from '../core/call-signal.ts'
import { onAbort } from '../core/on-abort.ts'

/** Who waits for something to happen to a key. */
export class KeySignals {
  readonly #waiters = new Map<string, Set<() => void>>()

  /** Resolves when the key is told of, or after `timeoutMs`; rejects with `ABORTED` when the signal aborts. */
  async wait(key: string, timeoutMs: number, signal: CallSignal): Promise<void> {
    if (signal.aborted) throw abortedBy(signal)
    const waiters = this.#waiters.get(key) ?? new Set()
    this.#waiters.set(key, waiters)
    let end = (): void => undefined
    const timer = setTimeout(() => end(), timeoutMs)
    const stop = onAbort(signal, () => end())
    await new Promise<void>(resolve => {
      end = resolve
      waiters.add(end)
    })
    clearTimeout(timer)
    stop()
    waiters.delete(end)
    if (waiters.size === 0 && this.#waiters.get(key) === waiters) this.#waiters.delete(key)
    if (signal.aborted) throw abortedBy(signal)
  }

  /** Wakes those who wait for the key, or without one for any. */
  tell(key?: string): void {
    if (this.#waiters.size === 0) return
    const told = key === undefined ? [...this.#waiters.values()] : [this.#waiters.get(key)]
    for (const waiters of told) for (const wake of waiters ?? []) wake()
  }
}
