import { CacheError, type ErrorCode, isCacheError } from '../errors.ts'

const codes: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^OOM\b/, 'STORE_FULL'],
  [/^READONLY\b/, 'READ_ONLY'],
  [/^(?:NOAUTH|NOPERM|WRONGPASS)\b/, 'NO_ACCESS'],
  [/Protocol error: invalid bulk length|exceeds maximum allowed size/, 'VALUE_TOO_LARGE'],
]

/** The error of a store for what a port rejected with. `action` begins the message. */
export function redisStoreError(error: unknown, action: string, key?: string): CacheError {
  if (isCacheError(error) && error.code !== 'UNAVAILABLE') return error
  // A server that lets nobody in is one that cannot be reached, as far as a port can tell.
  const refusal = isCacheError(error) ? error.cause : error
  const code = codeOf(refusal) ?? (isCacheError(error) ? 'UNAVAILABLE' : 'IO')
  return new CacheError(code, `${action}: Redis ${reasons[code] ?? 'refused'}`, { cause: error, key })
}

const reasons: Partial<Record<ErrorCode, string>> = {
  STORE_FULL: 'is full',
  READ_ONLY: 'is a replica, which takes no writes',
  NO_ACCESS: 'denied access',
  VALUE_TOO_LARGE: 'takes no value of this size',
  UNAVAILABLE: 'is not available',
}

function codeOf(refusal: unknown): ErrorCode | undefined {
  if (!(refusal instanceof Error)) return undefined
  // Redis before 7 puts the error of a script behind words of its own.
  const message = refusal.message.replace(/^ERR Error running script .*? -(?=[A-Z]+ )/, '')
  return codes.find(([pattern]) => pattern.test(message))?.[1]
}
