import type { Hash64 } from '../bytes/hash64.ts'
import { compareUtf8, isWellFormed } from '../bytes/utf8.ts'
import { checkFunction, checkInteger, checkOneOf, checkOptionNames } from '../core/check.ts'
import { CacheError } from '../errors.ts'
import { keyToBytes } from './group-key.ts'
import { type RingHash, type RingPreset, ringPresetNames, ringPresets } from './ring-presets.ts'

/** Options of a {@link HashRing}. All nodes of a fleet must have the same ones. */
export interface RingOptions {
  /** Whose placement of keys it is; peers of a fleet must agree. @default 'groupcacheV3' */
  readonly preset?: RingPreset | undefined
  /** Virtual nodes of each peer. More spread the keys more evenly, and take longer to place. @default 50 */
  readonly replicas?: number | undefined
  /** In place of the preset's hash, for keys and virtual nodes alike. */
  readonly hash?: RingHash | undefined
}

/**
 * Says which peer owns a key: consistent hashing, byte for byte as groupcache does it (docs/PROTOCOL.md). It never
 * changes; a fleet that changes gets another ring, in which only the keys of peers that came or left have other owners.
 * Neither the order of the peers nor naming one twice makes a difference.
 */
export class HashRing {
  /** The names of the peers, each once, in the order of their UTF-8 bytes. */
  readonly peers: readonly string[]
  readonly #hash: (bytes: Uint8Array) => Hash64
  readonly #hashAscii: ((text: string) => Hash64 | undefined) | undefined
  // The virtual nodes in order of their positions: the halves of the position, and the index of the peer.
  readonly #hi: Uint32Array
  readonly #lo: Uint32Array
  readonly #owners: Uint32Array

  /**
   * @param peers names exactly as all other nodes have them: `localhost:1` and `127.0.0.1:1` are different peers. For
   * presets that name peers by base URL see {@link ringPresets}. `INVALID_PEERS` for an empty or malformed name.
   */
  constructor(peers: Iterable<string>, options: RingOptions = {}) {
    checkOptionNames(options, ['preset', 'replicas', 'hash'])
    const { preset = 'groupcacheV3', replicas = 50, hash } = options
    checkOneOf('preset', preset, ringPresetNames)
    checkInteger('replicas', replicas, 1)
    if (hash !== undefined) checkFunction('hash', hash)
    const rules = ringPresets[preset]
    this.peers = distinct(peers)
    this.#hash = hash === undefined ? rules.hash : bytes => halves(hash(bytes))
    this.#hashAscii = hash === undefined ? rules.hashAscii : undefined
    const { hi, lo, order } = place(this.peers, replicas, (name, i) => this.#hash(rules.label(name, i)))
    this.#hi = order.map(node => hi[node]!)
    this.#lo = order.map(node => lo[node]!)
    this.#owners = order.map(node => Math.floor(node / replicas))
  }

  /**
   * The name of the peer that owns a key, given as in {@link keyToBytes} or as its bytes; `undefined` if there are no
   * peers. O(log of the number of virtual nodes).
   */
  owner(key: string | Uint8Array): string | undefined {
    const { hi, lo } = this.#hashOf(key)
    const his = this.#hi
    const los = this.#lo
    let low = 0
    let high = his.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = his[middle]!
      if (at < hi || (at === hi && los[middle]! < lo)) low = middle + 1
      else high = middle
    }
    // Past the last position the circle begins anew.
    const owner = this.#owners[low === his.length ? 0 : low]
    return owner === undefined ? undefined : this.peers[owner]
  }

  #hashOf(key: string | Uint8Array): Hash64 {
    if (typeof key !== 'string') return this.#hash(key)
    return this.#hashAscii?.(key) ?? this.#hash(keyToBytes(key))
  }
}

interface Places {
  readonly hi: Uint32Array
  readonly lo: Uint32Array
  /** The numbers of the virtual nodes in the order of their positions. */
  readonly order: Uint32Array
}

// Virtual node number `owner * replicas + i` is replica `i` of a peer.
function place(peers: readonly string[], replicas: number, hash: (name: string, replica: number) => Hash64): Places {
  const hi = new Uint32Array(peers.length * replicas)
  const lo = new Uint32Array(hi.length)
  for (const [owner, name] of peers.entries()) {
    for (let i = 0; i < replicas; i++) {
      const position = hash(name, i)
      hi[owner * replicas + i] = position.hi
      lo[owner * replicas + i] = position.lo
    }
  }
  // Where positions are equal the last name goes first, and so wins: in the older packages it is the peer that was added
  // last, and lists of peers are sorted more often than not.
  const order = hi.map((_, node) => node).sort((a, b) => hi[a]! - hi[b]! || lo[a]! - lo[b]! || b - a)
  return { hi, lo, order }
}

function halves(hash: bigint | Hash64): Hash64 {
  if (typeof hash !== 'bigint') return { hi: hash.hi >>> 0, lo: hash.lo >>> 0 }
  return { hi: Number(BigInt.asUintN(32, hash >> 32n)), lo: Number(BigInt.asUintN(32, hash)) }
}

function distinct(peers: Iterable<string>): string[] {
  if (typeof peers === 'string') throw new TypeError('Peers must be a list of names, received a string')
  const names = new Set<string>()
  for (const name of peers) {
    if (typeof name !== 'string') throw new TypeError(`Peer must be a string, received ${typeof name}`)
    if (name === '') throw new CacheError('INVALID_PEERS', 'Peer must not be empty')
    if (!isWellFormed(name)) throw new CacheError('INVALID_PEERS', 'Peer holds a lone surrogate')
    names.add(name)
  }
  return [...names].sort(compareUtf8)
}
