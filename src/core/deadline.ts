import { CacheError } from '../errors.ts'
import { abortedBy } from './abortable.ts'
import { CallController } from './call-controller.ts'
import type { CallSignal } from './call-signal.ts'

/** The longest wait that timers know. */
export const maxTimeoutMs: number = 2 ** 31 - 1

/**
 * Settles as `work` does, but at once with `TIMEOUT` when `timeoutMs` are over and with `ABORTED` when `signal` aborts,
 * whether the work heeds the controller that it is given or not. `what` begins the message.
 */
export function withDeadline<T>(
  what: string,
  timeoutMs: number,
  signal: CallSignal | undefined,
  work: (controller: CallController) => Promise<T> | T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const controller = new CallController()
    // Rejected before the work hears of it: what it throws on an abort says less.
    const end = (error: CacheError): void => {
      stop()
      reject(error)
      controller.abort(error)
    }
    const onTime = (): void => end(new CacheError('TIMEOUT', `${what} did not end within ${timeoutMs} ms`))
    const onAbort = (): void => end(abortedBy(signal))
    const timer = setTimeout(onTime, timeoutMs)
    const stop = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    if (signal?.aborted) {
      onAbort()
      return
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const settled = (settle: () => void): void => {
      stop()
      settle()
    }
    // What is thrown at once rejects as well.
    const run = (): Promise<T> => {
      try {
        return Promise.resolve(work(controller))
      } catch (error) {
        return Promise.reject(error)
      }
    }
    run().then(
      value => settled(() => resolve(value)),
      (error: unknown) => settled(() => reject(error)),
    )
  })
}
