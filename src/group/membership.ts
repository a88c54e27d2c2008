import { Breaker, type BreakerOptions } from '../core/breaker.ts'
import { CacheError } from '../errors.ts'
import type { Ring, RingFactory, SetPeersOptions } from './group-cache-options.ts'
import { PeerLink } from './peer-link.ts'
import type { Transport } from './transport.ts'

/** Options of a {@link Membership}. */
export interface MembershipOptions {
  readonly transport: Transport | undefined
  readonly self: string | undefined
  readonly makeRing: RingFactory
  readonly breaker: BreakerOptions | undefined
  readonly clock: () => number
  readonly onError: (error: unknown) => void
}

/** Who is in the fleet, who of them this node is, and who owns which key. */
export class Membership {
  readonly #options: MembershipOptions
  #self: string | undefined
  #ring: Ring | undefined
  #links: ReadonlyMap<string, PeerLink> = new Map()
  // Clients of peers that left, as long as calls to them are under way.
  readonly #retired = new Set<PeerLink>()

  constructor(options: MembershipOptions) {
    // Bad options are told of now, not when the first peer comes.
    if (options.breaker !== undefined) new Breaker(options.breaker)
    this.#options = options
    this.#self = options.self
  }

  get self(): string | undefined {
    return this.#self
  }

  get ring(): Ring | undefined {
    return this.#ring
  }

  /** All other nodes. */
  get others(): readonly PeerLink[] {
    return [...this.#links.values()]
  }

  /** The other node that owns the key; `undefined` where it is this one, or there are no peers. */
  ownerLink(key: string): PeerLink | undefined {
    if (this.#links.size === 0) return undefined
    const owner = this.#ring?.owner(key)
    return owner === undefined ? undefined : this.#links.get(owner)
  }

  /** Replaces the list, or throws and leaves all as it was. Clients of peers that stay are kept. */
  set(peers: Iterable<string>, options: SetPeersOptions): void {
    const { self = this.#self } = options
    if (self !== undefined && typeof self !== 'string') {
      throw new TypeError(`Option self must be a string, received ${typeof self}`)
    }
    const ring = this.#options.makeRing(distinct(peers))
    if (self === undefined || !ring.peers.includes(self)) {
      const found = self === undefined ? 'the option self was not given' : `self, ${self}, is not in it`
      throw new CacheError('INVALID_PEERS', `A list of peers must hold this node: ${found}`)
    }
    const links = this.#connect(ring.peers.filter(peer => peer !== self))
    for (const [address, link] of this.#links) if (links.get(address) !== link) this.#retire(link)
    this.#self = self
    this.#ring = ring
    this.#links = links
  }

  /** Closes all clients. */
  async close(): Promise<void> {
    const links = [...this.#links.values(), ...this.#retired]
    this.#links = new Map()
    await Promise.all(links.map(link => link.close()))
  }

  #connect(addresses: readonly string[]): Map<string, PeerLink> {
    const { transport, breaker, clock, onError } = this.#options
    const links = new Map<string, PeerLink>()
    const made: PeerLink[] = []
    try {
      for (const address of addresses) {
        const known = this.#links.get(address)
        if (known === undefined && transport === undefined) {
          throw new CacheError('INVALID_PEERS', 'A cache without a transport can have no peers but itself')
        }
        const health = breaker && { breaker: new Breaker(breaker), clock }
        const link = known ?? new PeerLink(transport!.connect(address), health, onError)
        if (known === undefined) made.push(link)
        links.set(address, link)
      }
    } catch (error) {
      for (const link of made) void link.close()
      throw error
    }
    return links
  }

  #retire(link: PeerLink): void {
    this.#retired.add(link)
    void link.retire().then(() => this.#retired.delete(link))
  }
}

function distinct(peers: Iterable<string>): string[] {
  if (typeof peers === 'string' || typeof peers?.[Symbol.iterator] !== 'function') {
    throw new TypeError('Peers must be a list of names')
  }
  return [...new Set(peers)]
}
