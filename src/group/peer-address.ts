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

// A name, an IPv4 address, or an IPv6 address in brackets (with a zone); never credentials, a path or white space.
const form =
  /^(?:(https?):\/\/)?([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9._-]{1,32})?\])(?::(\d{1,5}))?$/

/**
 * Reads `host:port`, or the base URL by which older rings name their peers (`http://host:port`). Throws `INVALID_PEERS` for
 * anything else; what it lets through cannot change the rest of a URL or header.
 * @param isSecure whether an address without a scheme is reached by TLS
 */
export function parsePeerAddress(address: string, isSecure: boolean): PeerAddress {
  const [, scheme, name, digits] = form.exec(address) ?? []
  const secure = scheme === undefined ? isSecure : scheme === 'https'
  const standard = scheme === undefined ? undefined : secure ? 443 : 80
  const port = digits === undefined ? standard : Number(digits)
  if (name === undefined || port === undefined || port < 1 || port > 65_535) {
    throw new CacheError('INVALID_PEERS', `Cannot reach a peer: wanted host:port, found ${JSON.stringify(address)}`)
  }
  const host = name.startsWith('[') ? name.slice(1, -1) : name
  return { host, port, isSecure: secure, origin: `${secure ? 'https' : 'http'}://${name}:${port}` }
}
