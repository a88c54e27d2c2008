import { abortable } from '../core/abortable.ts'
import { checkSignal } from '../core/check.ts'
import { CacheError } from '../errors.ts'

/** When a call is given up. */
export interface Bounds {
  /** What the call does, for the message: `Cannot <action> in <timeoutMs> ms`. */
  readonly action: string
  readonly timeoutMs: number
  /** The caller's. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Settles as `call` does, or rejects with `TIMEOUT` at the deadline or with `ABORTED` when the caller's signal is aborted;
 * either aborts the signal that `call` gets. The call itself may go on.
 */
export async function bounded<T>(call: (signal: AbortSignal) => Promise<T>, bounds: Bounds): Promise<T> {
  const { action, timeoutMs, signal } = bounds
  checkSignal(signal)
  const own = new AbortController()
  const timer = setTimeout(() => own.abort(new CacheError('TIMEOUT', `Cannot ${action} in ${timeoutMs} ms`)), timeoutMs)
  const abort = (): void => own.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await abortable(call(own.signal), own.signal)
  } catch (error) {
    checkSignal(signal)
    throw own.signal.aborted ? own.signal.reason : error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** Resolves after `ms`, or at once when `signal` is aborted. Does not keep the process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    letExit(timer)
    signal.addEventListener('abort', end, { once: true })
  })
}

// Browsers' timers are numbers, and keep nothing alive.
function letExit(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
