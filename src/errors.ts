/**
 * Every code a {@link CacheError} can carry, with the sentence the documentation shows for it.
 * Codes never change within a major version; messages may.
 */
export const errorCodes = {
  ABORTED: 'The signal of the call was aborted; `cause` is its reason.',
  ALREADY_EXISTS: 'Something of that name is there already: a snapshot at the target of a copy, a group.',
  CLOSED: 'The store, cache or group was closed before the call or while it was under way.',
  CORRUPT: 'Bytes that were read do not have the form they must have.',
  DECRYPT_FAILED: 'No key that was given opens the stored bytes.',
  DUPLICATE_KEY: 'Two elements of a keyed column have the same key.',
  FORMAT_NEWER: 'The store holds a snapshot written by a newer version of coldsnap; nothing was changed.',
  INVALID_KEY: 'A key is empty, too long, or holds a lone surrogate.',
  INVALID_PEERS: 'A list of peers was refused; the list before it stays.',
  IO: 'The medium failed; `cause` is the original error.',
  LISTEN_FAILED: 'A server could not bind its address; `cause` is the original error.',
  LOAD_FAILED: 'The loader of a group, a blob or a synced cache failed, here or at the owner of the key.',
  LOCKED: 'Another writer holds the directory or database.',
  NO_ACCESS: 'The operating system, or Redis, denied access (permissions).',
  NOTHING_CACHED: 'A partial write needs a whole snapshot to build on, and there is none.',
  NOT_A_DIRECTORY: 'The path of a store, or a part of it, is not a directory.',
  NOT_CONFIGURED: 'A blob cache was made without a store.',
  NOT_FOUND: 'A named cache has no such item, nor does its backfill.',
  PEER_FAILED: 'A peer could not be reached, or its answer was of no use; `cause` has the error of each peer.',
  PRECONDITION_FAILED: 'A conditional put found another blob than it asked for, or one where it asked for none.',
  READ_ONLY: 'The store or synced cache was opened read-only, or its medium is.',
  STORE_FULL: 'No space is left on the medium, or a quota is used up.',
  TIMEOUT: 'A call did not end by its deadline.',
  UNAVAILABLE:
    'What the call needs is not there now: a Redis server that answers, a module, a platform feature; `cause` has the error.',
  UNKNOWN_GROUP: 'There is no group or cache of that name.',
  UNSUPPORTED_VALUE: 'A value cannot be kept exactly by the codec; the message has its path.',
  VALUE_TOO_LARGE: 'A value is larger than the store, the format or the group takes.',
  VIEW_EXPIRED: 'Another process removed what a view still had to read; open a new one.',
} as const

/** A stable code of a {@link CacheError}. */
export type ErrorCode = keyof typeof errorCodes

/** What a {@link CacheError} may carry beside its code and message. */
export interface CacheErrorOptions {
  /** The error below this one. */
  readonly cause?: unknown
  /** The store key in question, where it may be shown. */
  readonly key?: string | undefined
}

/**
 * The one error class of coldsnap. Branch on `code` (or use {@link isCacheError}), never on the class or the text:
 * two copies of a package break `instanceof`.
 */
export class CacheError extends Error {
  /** Always `'CacheError'`: two copies of this package know each other's errors by it. */
  override readonly name: string = 'CacheError'
  /** Stable code, see {@link errorCodes}. */
  readonly code: ErrorCode
  /** The store key in question, where there is one. */
  readonly key: string | undefined

  constructor(code: ErrorCode, message: string, options: CacheErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.key = options.key
  }
}

/** Whether `error` is a {@link CacheError}, of the given code if one is named. */
export function isCacheError(error: unknown, code?: ErrorCode): error is CacheError {
  return (
    error instanceof Error &&
    error.name === 'CacheError' &&
    'code' in error &&
    (code === undefined || error.code === code)
  )
}
