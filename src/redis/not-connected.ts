import { CacheError } from '../errors.ts'

const known = new WeakSet<Error>()

/** The refusal of a call for which there is no connection: nothing was sent, so that it says nothing of the server. */
export function notConnected(cause: unknown): CacheError {
  const error = new CacheError('UNAVAILABLE', 'There is no connection to Redis', { cause })
  known.add(error)
  return error
}

/** Whether {@link notConnected} made it. */
export function isNotConnected(error: unknown): boolean {
  return error instanceof Error && known.has(error)
}
