import { isWellFormed } from '../bytes/utf8.ts'
import { maxTimeoutMs } from '../core/deadline.ts'
import { CacheError, isCacheError } from '../errors.ts'
import type { Entry } from './entry.ts'
import type { GroupEntries } from './group-entries.ts'
import { keyToBytes } from './group-key.ts'
import { KeyTurns } from './key-turns.ts'
import type { Membership } from './membership.ts'
import type { PeerCall, PeerLink } from './peer-link.ts'

/** Options of {@link FleetWrites}. */
export interface FleetWritesOptions {
  readonly settings: { readonly name: string; readonly peerTimeoutMs: number }
  readonly entries: GroupEntries
  readonly membership: Membership
}

/**
 * Sets and removes of one group, at all nodes: first where the key is owned, then everywhere else. The order matters: a
 * node that dropped its copy before the owner did would fetch the old value again.
 *
 * Nodes other than the owner drop what they have when a value is set, rather than take it: so that all end with what the
 * owner has, in whichever order two sets arrive.
 */
export class FleetWrites {
  readonly #options: FleetWritesOptions
  readonly #turns = new KeyTurns()

  constructor(options: FleetWritesOptions) {
    this.#options = options
  }

  /** Writes of one key take turns, in the order of the calls. `TIMEOUT` for one whose turn does not come: it is not done. */
  set(key: string, entry: Entry): Promise<void> {
    return this.#inTurn([key], () => this.#set(key, entry))
  }

  /** Drops keys everywhere; an absent key is success. */
  remove(keys: readonly string[]): Promise<void> {
    return this.#inTurn(keys, () => this.#remove(keys))
  }

  /** Resolves when no write is under way. */
  idle(): Promise<void> {
    return this.#turns.idle()
  }

  // While a peer hangs, writes may come faster than they end: those that wait too long are given up before they begin.
  #inTurn(keys: readonly string[], write: () => Promise<void>): Promise<void> {
    const { name, peerTimeoutMs } = this.#options.settings
    const waitMs = Math.min(2 * peerTimeoutMs, maxTimeoutMs)
    return new Promise((resolve, reject) => {
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        reject(new CacheError('TIMEOUT', `Earlier writes of group "${name}" did not end within ${waitMs} ms`))
      }, waitMs)
      const turn = async (): Promise<void> => {
        clearTimeout(timer)
        if (!isLate) await write()
      }
      this.#turns.run(keys, turn).then(resolve, reject)
    })
  }

  async #set(key: string, entry: Entry): Promise<void> {
    const { entries, membership, settings } = this.#options
    entries.checkOpen()
    const failures = new Failures(`set a key of group "${settings.name}"`)
    const owner = membership.ownerLink(key)
    const bytes = keyToBytes(key)
    if (owner === undefined) await failures.here(entries.set(key, entry, true))
    else
      await failures.at(
        owner,
        this.#call(owner, (peer, options) => peer.set(settings.name, bytes, entry, options)),
      )
    // Who is in the fleet now: nodes may have come and gone meanwhile.
    const others = membership.others.filter(link => link !== owner)
    const drops = others.map(link =>
      failures.at(
        link,
        this.#call(link, (peer, options) => peer.remove(settings.name, bytes, options)),
      ),
    )
    if (owner !== undefined) drops.push(failures.here(entries.remove(key)))
    await Promise.all(drops)
    failures.check()
  }

  async #remove(keys: readonly string[]): Promise<void> {
    const { entries, membership, settings } = this.#options
    entries.checkOpen()
    const failures = new Failures(`remove ${keys.length === 1 ? 'a key' : 'keys'} of group "${settings.name}"`)
    const owners = new Map(keys.map(key => [key, membership.ownerLink(key)]))
    for (const isOwnersTurn of [true, false]) {
      const places: readonly (PeerLink | undefined)[] = [undefined, ...membership.others]
      await Promise.all(
        places.map(async place => {
          const due = keys.filter(key => (owners.get(key) === place) === isOwnersTurn)
          if (place !== undefined) await this.#removeAt(place, due, failures)
          else await Promise.all(due.map(key => failures.here(entries.remove(key))))
        }),
      )
    }
    failures.check()
  }

  async #removeAt(link: PeerLink, keys: readonly string[], failures: Failures): Promise<void> {
    const { name } = this.#options.settings
    const calls: Promise<void>[] = []
    // JSON, which carries many keys at once, has no way to write a key that is not text.
    const texts = keys.length === 1 ? [] : keys.filter(isWellFormed)
    const singles = keys.length === 1 ? keys : keys.filter(key => !isWellFormed(key))
    const textBytes = texts.map(keyToBytes)
    if (texts.length > 0) calls.push(this.#call(link, (peer, options) => peer.removeMany(name, textBytes, options)))
    for (const key of singles) {
      calls.push(this.#call(link, (peer, options) => peer.remove(name, keyToBytes(key), options)))
    }
    await Promise.all(calls.map(call => failures.at(link, call)))
  }

  // Without the caller's signal: a write that has begun goes on to the end at all nodes, lest they differ.
  #call(link: PeerLink, work: PeerCall<void>['work']): Promise<void> {
    return link.call({ timeoutMs: this.#options.settings.peerTimeoutMs, work })
  }
}

/** Collects what failed, so that everything that can be reached is done first. */
class Failures {
  readonly #action: string
  readonly #called = new Set<PeerLink>()
  readonly #peers = new Map<PeerLink, CacheError>()
  readonly #own: unknown[] = []

  constructor(action: string) {
    this.#action = action
  }

  async at(link: PeerLink, call: Promise<void>): Promise<void> {
    this.#called.add(link)
    try {
      await call
    } catch (cause) {
      // Our own messages hold no keys and no values; those of others may.
      const why = isCacheError(cause) ? `: ${cause.message}` : ''
      this.#peers.set(link, new CacheError('PEER_FAILED', `Peer ${link.address} failed${why}`, { cause }))
    }
  }

  async here(change: Promise<void>): Promise<void> {
    try {
      await change
    } catch (error) {
      this.#own.push(error)
    }
  }

  check(): void {
    const [first] = this.#own
    if (this.#peers.size === 0) {
      if (first !== undefined) throw first
      return
    }
    const message = `Cannot ${this.#action} at ${this.#peers.size} of ${this.#called.size} peers`
    const addresses = [...this.#peers.keys()].map(link => link.address).join(', ')
    const cause = new AggregateError([...this.#peers.values(), ...this.#own], `These failed: ${addresses}`)
    throw new CacheError('PEER_FAILED', message, { cause })
  }
}
