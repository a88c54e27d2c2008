import { utf8Length } from '../bytes/utf8.ts'
import { wrongUsage } from './cli-failure.ts'
import type { CliIo } from './cli-io.ts'

const defaultPort = 6379
const maxPrefixBytes = 200

/** A Redis as the command line names it, and what the names of its keys begin with. */
export interface RedisAddress {
  /** What may be printed: without user and password, and alike for two spellings of one place. */
  readonly label: string
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly database: number
  /** Empty: the default user. */
  readonly username: string
  /** Empty: none. Never printed. */
  readonly password: string
  readonly prefix: string
}

/**
 * Reads `redis://[user:password@]host[:port][/database]?prefix=<prefix>`, `rediss:` for TLS; without a password that of
 * `REDISCLI_AUTH` is taken, as redis-cli does. What is wrong with it is told without a part of it: any may be the password.
 */
export function redisAddress(text: string, { env }: Pick<CliIo, 'env'>): RedisAddress {
  if (!URL.canParse(text)) return malformed()
  const { protocol, hostname, port, pathname, search, hash, username, password } = new URL(text)
  const [, database] = /^\/?(\d{0,9})$/.exec(pathname) ?? malformed()
  if (hostname === '' || hash !== '') return malformed()
  const prefix = prefixOf(search)
  const place = `${hostname}:${port === '' ? defaultPort : port}/${Number(database)}`
  return {
    label: `${protocol}//${place}?prefix=${encodeURI(prefix).replaceAll(/[?#&]/g, encodeURIComponent)}`,
    host: hostname.replaceAll(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort : Number(port),
    isTls: protocol === 'rediss:',
    database: Number(database),
    username: decoded(username),
    password: password === '' ? (env['REDISCLI_AUTH'] ?? '') : decoded(password),
    prefix,
  }
}

// Not by URLSearchParams, for which a plus is a blank.
function prefixOf(search: string): string {
  const [, text] = /^\?prefix=([^&]*)$/.exec(search) ?? (search === '' ? [] : malformed())
  const prefix = decoded(text ?? '')
  const length = utf8Length(prefix)
  if (length > 0 && length <= maxPrefixBytes) return prefix
  return wrongUsage(`Redis needs what its keys begin with, 1 to ${maxPrefixBytes} bytes: redis://...?prefix=app:`)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return malformed()
  }
}

function malformed(): never {
  return wrongUsage(
    'A Redis is redis://[user:password@]host[:port][/database]?prefix=<prefix>, special characters as %xx',
  )
}
