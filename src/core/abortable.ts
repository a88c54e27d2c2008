import { CacheError } from '../errors.ts'
import type { CallSignal } from './call-signal.ts'
import { onAbort } from './on-abort.ts'

/** What a call rejects with that `signal` ended. */
export function abortedBy(signal: Pick<CallSignal, 'reason'> | undefined): CacheError {
  return new CacheError('ABORTED', 'The call was aborted', { cause: signal?.reason })
}

/**
 * Resolves as `work` does, but rejects with `ABORTED` as soon as `signal` is aborted. The work itself goes on: whoever
 * started it makes sure that it does no harm when nobody waits for it any more.
 */
export function abortable<T>(work: Promise<T>, signal: CallSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortedBy(signal))
    if (signal.aborted) abort()
    const stop = signal.aborted ? undefined : onAbort(signal, abort)
    work.then(resolve, reject).finally(stop)
  })
}
