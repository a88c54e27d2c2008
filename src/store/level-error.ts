import { CacheError, type ErrorCode, isCacheError } from '../errors.ts'

// LevelDB reports system errors as text only; IndexedDB by the name of the exception.
const texts: readonly (readonly [RegExp, ErrorCode])[] = [
  [/no space left|disk quota exceeded|file too large|not enough space|QuotaExceeded/i, 'STORE_FULL'],
  [/read-only file system/i, 'READ_ONLY'],
  [/permission denied|operation not permitted|access is denied/i, 'NO_ACCESS'],
  [/not a directory/i, 'NOT_A_DIRECTORY'],
]

const codes: Readonly<Record<string, ErrorCode>> = {
  LEVEL_LOCKED: 'LOCKED',
  LEVEL_CORRUPTION: 'CORRUPT',
}

// What calls on a database that its owner closed are answered with.
const closedCodes: readonly string[] = ['LEVEL_DATABASE_NOT_OPEN', 'LEVEL_ITERATOR_NOT_OPEN']

const systemCodes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
  EACCES: 'NO_ACCESS',
  EPERM: 'NO_ACCESS',
  EROFS: 'READ_ONLY',
  ENOTDIR: 'NOT_A_DIRECTORY',
  EEXIST: 'NOT_A_DIRECTORY',
}

/** The typed error for a failed database call; an error that is typed already passes as it is. */
export function levelError(error: unknown, action: string, key?: string): CacheError {
  if (isCacheError(error)) return error
  const chain = causes(error)
  const found = chain.find(e => classify(e) !== undefined)
  const code = found === undefined ? undefined : classify(found)
  // A database that could not be opened is not open either: then what kept it from opening is what counts.
  if (code === undefined && closedCodes.includes(codeOf(chain.at(-1)))) {
    return new CacheError('CLOSED', `${action}: the database is not open`, { cause: error, key })
  }
  return new CacheError(code ?? 'IO', `${action}: ${describe(found ?? chain.at(-1))}`, { cause: error, key })
}

/** Whether `error` or one of its causes has this `code`. */
export function hasLevelCode(error: unknown, code: string): boolean {
  return causes(error).some(e => codeOf(e) === code)
}

function classify(error: unknown): ErrorCode | undefined {
  const code = codeOf(error)
  const known = codes[code] ?? systemCodes[code]
  if (known !== undefined) return known
  const text = describe(error)
  return texts.find(([pattern]) => pattern.test(text))?.[1]
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

// IndexedDB fails with a DOMException, which is not an Error everywhere.
function describe(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  const name = 'name' in error && error.name !== 'Error' ? `${String(error.name)} ` : ''
  return 'message' in error ? name + String(error.message) : String(error)
}

// The outermost first. Bounded, because nothing stops an error from being its own cause.
function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let e = error; e !== undefined && e !== null && chain.length < 8; ) {
    chain.push(e)
    e = typeof e === 'object' && 'cause' in e ? e.cause : undefined
  }
  return chain
}
