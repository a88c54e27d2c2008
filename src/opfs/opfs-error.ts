import { CacheError, type ErrorCode, isCacheError } from '../errors.ts'

// What the calls of a file handle throw, by the name of the exception.
const codes: Readonly<Record<string, ErrorCode>> = {
  QuotaExceededError: 'STORE_FULL',
  NoModificationAllowedError: 'LOCKED',
  NotAllowedError: 'NO_ACCESS',
  SecurityError: 'NO_ACCESS',
}

/** The typed error for a failed call of a file; an error that is typed already passes as it is. */
export function opfsError(error: unknown, action: string, key?: string): CacheError {
  if (isCacheError(error)) return error
  const name = nameOf(error)
  const said =
    typeof error === 'object' && error !== null && 'message' in error ? `${name} ${error.message}` : `${error}`
  return new CacheError(codes[name] ?? 'IO', `${action}: ${said}`, { cause: error, key })
}

/** Whether it is for want of room. */
export function isFull(error: unknown): boolean {
  return isCacheError(error, 'STORE_FULL') || codes[nameOf(error)] === 'STORE_FULL'
}

/** The name of an exception. */
export function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : ''
}
