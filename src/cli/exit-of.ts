import { type ErrorCode, isCacheError } from '../errors.ts'
import { systemCode } from '../store/file-error.ts'
import { CliFailure } from './cli-failure.ts'
import { BrokenPipe } from './cli-io.ts'
import type { ExitName } from './exit-codes.ts'

const errorExits: Readonly<Record<ErrorCode, ExitName>> = {
  ABORTED: 'interrupted',
  ALREADY_EXISTS: 'refused',
  CLOSED: 'internal',
  CORRUPT: 'damaged',
  DECRYPT_FAILED: 'damaged',
  DUPLICATE_KEY: 'refused',
  FORMAT_NEWER: 'damaged',
  INVALID_KEY: 'usage',
  INVALID_PEERS: 'usage',
  IO: 'io',
  LISTEN_FAILED: 'unavailable',
  LOAD_FAILED: 'unavailable',
  LOCKED: 'locked',
  NO_ACCESS: 'noAccess',
  NOTHING_CACHED: 'notFound',
  NOT_A_DIRECTORY: 'notFound',
  NOT_CONFIGURED: 'usage',
  NOT_FOUND: 'notFound',
  PEER_FAILED: 'unavailable',
  PRECONDITION_FAILED: 'refused',
  READ_ONLY: 'noAccess',
  STORE_FULL: 'io',
  TIMEOUT: 'io',
  UNAVAILABLE: 'unavailable',
  UNKNOWN_GROUP: 'notFound',
  UNSUPPORTED_VALUE: 'refused',
  VALUE_TOO_LARGE: 'refused',
  VIEW_EXPIRED: 'damaged',
}

/** How a command ends that threw `error`. */
export function exitOf(error: unknown): ExitName {
  if (error instanceof CliFailure) return error.exit
  if (error instanceof BrokenPipe) return 'ok'
  if (!isCacheError(error)) return 'internal'
  const isMissing = error.code === 'IO' && systemCode(error.cause) === 'ENOENT'
  return isMissing ? 'notFound' : errorExits[error.code]
}
