import { CacheError } from '../errors.ts'

/** Where a peer is reached, from its name in the ring. */
export interface PeerAddress {
  /** A host name or IP address; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
  /** `http://host:port` or `https://host:port`, without a slash at the end. */
  readonly origin: string
}

const form = /^(?:(https?):\/\/)?(\[[^\]]*\]|[^:[\]/]*)(?::(\d+))?$/

/**
 * What is wrong with an address, or `undefined`. Wanted is `host:port` as peers name each other: a host name, an IPv4
 * address, or an IPv6 address in brackets, and a port from 1 to 65535 without leading zeros; or a base URL
 * (`http://host:port`), by which the presets `groupcacheV2` and `groupcacheOriginal` name them, without a path. The ring is
 * made of these very strings, so that every node must spell them alike.
 */
export function addressProblem(address: string): string | undefined {
  const [, scheme, host, port] = form.exec(address) ?? []
  if (host === undefined || (port === undefined && scheme === undefined)) return 'is not of the form host:port'
  if (port !== undefined && !isPort(port)) return 'has no port from 1 to 65535'
  if (host.startsWith('[')) return isBracketedIpv6(host) ? undefined : 'has no IPv6 address between its brackets'
  return isHostName(host) ? undefined : 'has no valid host name'
}

/**
 * Reads an address. Throws `INVALID_PEERS` for one with an {@link addressProblem}: what it lets through cannot change the
 * rest of a URL or header.
 * @param isSecure whether an address without a scheme is reached by TLS
 */
export function parsePeerAddress(address: string, isSecure: boolean): PeerAddress {
  const problem = addressProblem(address)
  if (problem !== undefined) {
    throw new CacheError('INVALID_PEERS', `Cannot reach a peer: ${JSON.stringify(address)} ${problem}`)
  }
  const [, scheme, name = '', digits] = form.exec(address) ?? []
  const secure = scheme === undefined ? isSecure : scheme === 'https'
  const port = digits === undefined ? (secure ? 443 : 80) : Number(digits)
  const host = name.startsWith('[') ? name.slice(1, -1) : name
  return { host, port, isSecure: secure, origin: `${secure ? 'https' : 'http'}://${name}:${port}` }
}

function isPort(digits: string): boolean {
  return /^[1-9]\d{0,4}$/.test(digits) && Number(digits) <= 65_535
}

function isHostName(host: string): boolean {
  const label = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/
  const labels = host.replace(/\.$/, '').split('.')
  if (host.length > 253 || !labels.every(each => label.test(each))) return false
  // What ends in a number is an IPv4 address or nothing.
  return !/^\d+$/.test(labels.at(-1)!) || (labels.length === 4 && labels.every(isByte) && !host.endsWith('.'))
}

function isByte(text: string): boolean {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= 255
}

function isBracketedIpv6(host: string): boolean {
  try {
    // A URL has no place for the zone of a link-local address.
    return new URL(`http://${host.replace(/%[A-Za-z0-9._-]{1,32}\]$/, ']')}:1/`).hostname.startsWith('[')
  } catch {
    return false
  }
}
