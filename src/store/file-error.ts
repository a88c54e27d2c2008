import { CacheError, type ErrorCode, isCacheError } from '../errors.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
  EFBIG: 'STORE_FULL',
  EACCES: 'NO_ACCESS',
  EPERM: 'NO_ACCESS',
  EROFS: 'READ_ONLY',
  ENOTDIR: 'NOT_A_DIRECTORY',
}

/** The `code` of a system error, `''` for anything else. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** The typed error for a failed file system call; an error that is typed already passes as it is. */
export function fileError(error: unknown, action: string, key?: string): CacheError {
  if (isCacheError(error)) return error
  const system = systemCode(error)
  const found = system === '' ? String(error) : system
  return new CacheError(codes[system] ?? 'IO', `${action}: ${found}`, { cause: error, key })
}
