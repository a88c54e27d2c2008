import { CacheError, isCacheError } from '../errors.ts'
import { refusalCode, refusalReasons } from '../redis/refusal-code.ts'

/**
 * `error` as what callers get: what Redis refused has the code of why (`STORE_FULL`, `READ_ONLY`, `NO_ACCESS`,
 * `VALUE_TOO_LARGE`), all else of Redis is `UNAVAILABLE`.
 */
export function remoteError(error: unknown): CacheError {
  if (isCacheError(error) && error.code !== 'UNAVAILABLE' && error.code !== 'IO') return error
  const code = refusalCode(error)
  if (code !== undefined) return new CacheError(code, `Cannot use Redis: it ${refusalReasons[code]}`, { cause: error })
  if (isCacheError(error)) return error
  return new CacheError('UNAVAILABLE', 'Cannot use Redis: found an error, wanted an answer', { cause: error })
}

/** Why a cache could not be opened; `subscribing` is what failed last of the subscription, which a deadline does not know. */
export function openError(error: unknown, subscribing: unknown): CacheError {
  const code = refusalCode(error) ?? refusalCode(subscribing)
  const cause = refusalCode(error) === undefined ? (subscribing ?? error) : error
  if (code === undefined) {
    return new CacheError('UNAVAILABLE', 'Cannot open the cache: Redis did not answer', { cause })
  }
  return new CacheError(code, `Cannot open the cache: Redis ${refusalReasons[code]}`, { cause })
}

/** Whether Redis answered, but does not do this. */
export function isRefused(error: unknown): boolean {
  return isCacheError(error) && error.code !== 'UNAVAILABLE' && refusalCode(error) !== undefined
}
