import type { ErrorCode } from '../errors.ts'

const codes: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^OOM\b/, 'STORE_FULL'],
  [/^READONLY\b/, 'READ_ONLY'],
  [/^(?:NOAUTH|NOPERM|WRONGPASS)\b/, 'NO_ACCESS'],
  // Redis 7.0, of a command within a script.
  [/^ERR The user executing the script can't\b/, 'NO_ACCESS'],
  // The same of Redis 7.2 and of Valkey.
  [/^ERR ACL failure in script\b/, 'NO_ACCESS'],
  [/Protocol error: invalid bulk length|exceeds maximum allowed size/, 'VALUE_TOO_LARGE'],
]

/** What messages say of Redis for a code of {@link refusalCode}. */
export const refusalReasons: Partial<Record<ErrorCode, string>> = {
  STORE_FULL: 'is full',
  READ_ONLY: 'is a replica, which takes no writes',
  NO_ACCESS: 'denied access',
  VALUE_TOO_LARGE: 'takes no value of this size',
  UNAVAILABLE: 'is not available',
}

/** The code for what Redis refused, if there is one; `error` is what a client gave, or a CacheError around it. */
export function refusalCode(error: unknown): ErrorCode | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    // Redis before 7 puts the error of a script behind words of its own.
    const message = each.message.replace(/^ERR Error running script .*? -(?=[A-Z]+ )/, '')
    const code = codes.find(([pattern]) => pattern.test(message))?.[1]
    if (code !== undefined) return code
  }
  return undefined
}
