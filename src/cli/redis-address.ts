import { utf8Length } from '../bytes/utf8.ts'
import { wrongUsage } from './cli-failure.ts'
import type { CliIo } from './cli-io.ts'

const defaultPort = 6379
const maxPrefixBytes = 200

/** Where a server listens. */
export interface RedisServerAddress {
  readonly host: string
  readonly port: number
}

/** A Redis as the command line names it, and what the names of its keys begin with. */
export interface RedisAddress {
  /** What may be printed: without user and password, and alike for two spellings of one place. */
  readonly label: string
  /** The server; of a cluster those of its nodes that were named, of which the first that answers names the others. */
  readonly servers: readonly [RedisServerAddress, ...RedisServerAddress[]]
  readonly isCluster: boolean
  readonly isTls: boolean
  /** 0 of a cluster, which has no other. */
  readonly database: number
  /** Empty: the default user. */
  readonly username: string
  /** Empty: none. Never printed. */
  readonly password: string
  readonly prefix: string
}

const spelling = /^(rediss?)(\+cluster)?:\/\/((?:[^/?#]*@)?)([^/?#]*)(.*)$/

/** Whether `scheme`, without its colon, is one that {@link redisAddress} reads. */
export function isRedisScheme(scheme: string): boolean {
  return /^rediss?(\+cluster)?$/.test(scheme)
}

/**
 * Reads `redis://[user:password@]host[:port][/database]?prefix=<prefix>`, `rediss:` for TLS, and of a cluster
 * `redis+cluster://[user:password@]host[:port][,host[:port]...]?prefix=<prefix>`, `rediss+cluster:` for TLS. Without a
 * password that of `REDISCLI_AUTH` is taken, as redis-cli does. What is wrong with it is told without a part of it: any
 * may be the password.
 */
export function redisAddress(text: string, { env }: Pick<CliIo, 'env'>): RedisAddress {
  const [, scheme, cluster = '', user = '', hosts = '', rest = ''] = spelling.exec(text) ?? malformed()
  const isCluster = cluster !== ''
  // A password before each host would be taken for a part of the first one.
  if (isCluster && user.indexOf('@') < user.length - 1) return malformed()
  // A URL has one host: each of them is read with what they have in common.
  const urls = hosts.split(',').map(host => parsed(`${scheme}://${user}${host}${rest}`))
  const [{ pathname, search, hash, username, password }] = urls as [URL, ...URL[]]
  const [, digits] = /^\/?(\d{0,9})$/.exec(pathname) ?? malformed()
  const database = Number(digits)
  if (hash !== '' || (isCluster ? database !== 0 : urls.length > 1)) return malformed()
  const prefix = prefixOf(search)
  const places = [...new Set(urls.map(placeOf))].sort()
  const at = isCluster ? places.join(',') : `${places[0]}/${database}`
  return {
    label: `${scheme}${cluster}://${at}?prefix=${encodeURI(prefix).replaceAll(/[?#&]/g, encodeURIComponent)}`,
    servers: urls.map(serverOf) as [RedisServerAddress, ...RedisServerAddress[]],
    isCluster,
    isTls: scheme === 'rediss',
    database,
    username: decoded(username),
    password: password === '' ? (env['REDISCLI_AUTH'] ?? '') : decoded(password),
    prefix,
  }
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : malformed()
  return url.hostname === '' ? malformed() : url
}

function placeOf(url: URL): string {
  return `${url.hostname}:${serverOf(url).port}`
}

function serverOf({ hostname, port }: URL): RedisServerAddress {
  return { host: hostname.replaceAll(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) }
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
    'A Redis is redis://[user:password@]host[:port][/database]?prefix=<prefix>, a cluster ' +
      'redis+cluster://[user:password@]host[:port][,host[:port]...]?prefix=<prefix>, special characters as %xx',
  )
}
