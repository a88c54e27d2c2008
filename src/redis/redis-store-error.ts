import { CacheError, isCacheError } from '../errors.ts'
import { refusalCode, refusalReasons } from './refusal-code.ts'

/** The error of a store for what a port rejected with. `action` begins the message. */
export function redisStoreError(error: unknown, action: string, key?: string): CacheError {
  if (isCacheError(error) && error.code !== 'UNAVAILABLE') return error
  // A server that lets nobody in is one that cannot be reached, as far as a port can tell.
  const code = refusalCode(error) ?? (isCacheError(error) ? 'UNAVAILABLE' : 'IO')
  const cause = error
  return new CacheError(code, `${action}: Redis ${refusalReasons[code] ?? 'refused'}`, { cause, key })
}
