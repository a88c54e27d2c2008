import { CacheError } from '../errors.ts'

/**
 * Checks that `address` is `host:port` as peers name each other: a host name, an IPv4 address, or an IPv6 address in
 * brackets, and a port from 1 to 65535 without leading zeros; or a base URL (`http://host:port`), by which the presets
 * `groupcacheV2` and `groupcacheOriginal` name them, without a path. The ring is made of these very strings, so that every
 * node must spell them alike. Returns what is wrong, or `undefined`.
 */
export function addressProblem(address: string): string | undefined {
  const [, scheme, rest = ''] = /^(https?:\/\/)?(.*)$/s.exec(address) ?? []
  const [, host, port] = /^(\[[^\]]*\]|[^:[\]/]*)(?::(\d+))?$/.exec(rest) ?? []
  if (host === undefined || (port === undefined && scheme === undefined)) return 'is not of the form host:port'
  if (port !== undefined && !isPort(port)) return 'has no port from 1 to 65535'
  if (host.startsWith('[')) return isBracketedIpv6(host) ? undefined : 'has no IPv6 address between its brackets'
  return isHostName(host) ? undefined : 'has no valid host name'
}

/**
 * The peers of a text: one `host:port` (or base URL) on each line, where empty lines do not count and `#` begins a comment; or a JSON
 * array of strings. Sorted, each once. `INVALID_PEERS` with the line (or the place in the array) for an address that is
 * none, and for a list without any: a file that is just being written looks like that.
 */
export function parsePeers(text: string): string[] {
  // `[` alone does not make it JSON: an IPv6 address begins so too.
  const list = text.replace(/^\uFEFF/, '')
  const peers = /^\s*\[\s*["\]]/.test(list) ? peersOfJson(list) : peersOfLines(list)
  if (peers.length === 0) throw new CacheError('INVALID_PEERS', 'Cannot read the list of peers: it holds no address')
  return sortedPeers(peers)
}

/** The same peers in the order of their code units, each once: two lists of the same peers are then equal. */
export function sortedPeers(peers: Iterable<string>): string[] {
  return [...new Set(peers)].sort()
}

function peersOfLines(text: string): string[] {
  const peers: string[] = []
  for (const [i, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const address = line.replace(/#.*/, '').trim()
    if (address === '') continue
    check(address, `line ${i + 1}`)
    peers.push(address)
  }
  return peers
}

function peersOfJson(text: string): string[] {
  const peers = jsonOf(text)
  if (!Array.isArray(peers)) throw new CacheError('INVALID_PEERS', 'Cannot read the list of peers: it is no array')
  return peers.map((address: unknown, i) => {
    if (typeof address !== 'string') {
      throw new CacheError('INVALID_PEERS', `Cannot read the list of peers: element ${i} is no string`)
    }
    check(address, `element ${i}`)
    return address
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CacheError('INVALID_PEERS', 'Cannot read the list of peers: it is no JSON', { cause })
  }
}

function check(address: string, where: string): void {
  const problem = addressProblem(address)
  if (problem === undefined) return
  throw new CacheError(
    'INVALID_PEERS',
    `Cannot read the list of peers: ${JSON.stringify(address)} on ${where} ${problem}`,
  )
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
    return new URL(`http://${host}:1/`).hostname.startsWith('[')
  } catch {
    return false
  }
}
