import { CacheError } from '../../errors.ts'

/** `error` as one of ours: what Redis refused, or a client threw, is `UNAVAILABLE` with it as cause. */
export function asCacheError(error: unknown): Error {
  if (error instanceof CacheError) return error
  return new CacheError('UNAVAILABLE', 'Redis did not do what the cache asked of it', { cause: error })
}
