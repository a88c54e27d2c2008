import { CacheError } from '../errors.ts'

/** What a call rejects with that `signal` ended. */
export function abortedBy(signal: Pick<AbortSignal, 'reason'> | undefined): CacheError {
  return new CacheError('ABORTED', 'The call was aborted', { cause: signal?.reason })
}

/**
 * Resolves as `work` does, but rejects with `ABORTED` as soon as `signal` is aborted. The work itself goes on: whoever
 * started it makes sure that it does no harm when nobody waits for it any more.
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortedBy(signal))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
