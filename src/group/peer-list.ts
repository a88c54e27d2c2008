import { CacheError } from '../errors.ts'
import { addressProblem } from './peer-address.ts'

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
  for (const [i, line] of text.split(/\r\n|\n|\r/).entries()) {
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
