import { toHex } from '../bytes/hex.ts'
import type { CallSignal } from '../core/call-signal.ts'
import { checkFunction, checkInteger, checkOneOf, checkOptionNames } from '../core/check.ts'
import { tell } from '../core/tell.ts'
import { CacheError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { FleetWrites } from './fleet-writes.ts'
import { followPeerLists } from './follow-peer-lists.ts'
import { Group } from './group.ts'
import type { GroupCacheOptions, Ring, RingFactory, SetPeersOptions } from './group-cache-options.ts'
import { GroupCounters } from './group-counters.ts'
import { GroupEntries } from './group-entries.ts'
import { checkGroupName } from './group-key.ts'
import type { GroupOptions } from './group-options.ts'
import { GroupService, type ServedGroup } from './group-service.ts'
import { type GroupSettings, groupSettings } from './group-settings.ts'
import type { GroupStats } from './group-stats.ts'
import { Levels } from './levels.ts'
import { loadEntry, type Surroundings } from './load-entry.ts'
import { Membership } from './membership.ts'
import { OwnerCalls } from './owner-calls.ts'
import type { PeerService } from './peer-service.ts'
import { RecordStore } from './record-store.ts'
import { HashRing } from './ring.ts'
import { ringPresetNames } from './ring-presets.ts'
import { StoredEntries } from './stored-entries.ts'

/** A group and what its end takes. */
interface OpenGroup extends ServedGroup {
  readonly group: Group<unknown>
  readonly writes: FleetWrites
}

const optionNames = ['transport', 'self', 'store', 'ring', 'replicas', 'breaker', 'clock', 'random', 'onError']
const storeMethods = ['list', 'load', 'store', 'remove'] as const

/**
 * One node of a fleet of processes that share a cache: every key has one owner, a value that is missing is loaded once
 * in the whole fleet, and copies of what is often asked for are kept where it is asked for.
 */
export class GroupCache {
  /** Answers what peers ask. Servers and in-memory transports call it. */
  readonly service: PeerService
  readonly #membership: Membership
  readonly #groups = new Map<string, OpenGroup>()
  // Being removed: over for all, but their names are not free before their writes have ended.
  readonly #leaving = new Set<OpenGroup>()
  readonly #surroundings: Surroundings
  readonly #store: Store | undefined
  readonly #onError: (error: unknown) => void
  readonly #runId = toHex(globalThis.crypto.getRandomValues(new Uint8Array(16)))
  readonly #ending = new AbortController()
  #closing: Promise<void> | undefined

  constructor(options: GroupCacheOptions = {}) {
    checkOptionNames(options, optionNames)
    const { transport, self, store, breaker = {}, clock = Date.now, random = Math.random, onError } = options
    if (transport !== undefined && typeof transport.connect !== 'function') {
      throw new TypeError('Option transport must have the method connect')
    }
    // Else it would pass for a store that fails, which no get tells of.
    if (store !== undefined && storeMethods.some(name => typeof store?.[name] !== 'function')) {
      throw new TypeError(`Option store must have the methods ${storeMethods.join(', ')}`)
    }
    if (self !== undefined && typeof self !== 'string') {
      throw new TypeError(`Option self must be a string, received ${typeof self}`)
    }
    for (const [name, value] of Object.entries({ clock, random, onError })) {
      if (value !== undefined) checkFunction(name, value)
    }
    this.#surroundings = { clock, random }
    this.#store = store
    this.#onError = error => tell(onError, error)
    this.#membership = new Membership({
      transport,
      self,
      makeRing: ringFactory(options),
      breaker: breaker === false ? undefined : { random, ...breaker },
      clock,
      onError: this.#onError,
    })
    this.service = new GroupService({ find: name => this.#served(name), membership: this.#membership })
  }

  /** This node's name among the peers; `undefined` before it was said. */
  get self(): string | undefined {
    return this.#membership.self
  }

  /** The names of all nodes, this one among them; none before {@link setPeers}. */
  get peers(): readonly string[] {
    return this.#membership.ring?.peers ?? []
  }

  /** Who owns which key; `undefined` before {@link setPeers}. */
  get ring(): Ring | undefined {
    return this.#membership.ring
  }

  /** The owner of a key; `undefined` before {@link setPeers}, when every key is this node's. */
  ownerOf(key: string | Uint8Array): string | undefined {
    return this.#membership.ring?.owner(key)
  }

  /**
   * Says who is in the fleet; this node must be among them. It counts at once for every call that begins; clients of
   * peers that left are closed when their calls have ended. As long as it was never called, all keys are this node's.
   *
   * `INVALID_PEERS` for a list without this node, or with a name that no peer can have: the list before it stays.
   */
  setPeers(peers: Iterable<string>, options: SetPeersOptions = {}): void {
    this.#checkOpen()
    checkOptionNames(options, ['self'])
    this.#membership.set(peers, options)
  }

  /**
   * Sets every list that `source` gives. One that {@link setPeers} refuses is told to `onError`, and the list before it
   * stays. Resolves when the source ends or `signal` aborts, and when the cache closes. That the source failed is told
   * to `onError` too, and ends it.
   */
  async followPeers(
    source: AsyncIterable<readonly string[]>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    this.#checkOpen()
    if (typeof source?.[Symbol.asyncIterator] !== 'function') throw new TypeError('Source must be an async iterable')
    const signals = [this.#ending.signal, ...(options.signal === undefined ? [] : [options.signal])]
    await followPeerLists(source, AbortSignal.any(signals), {
      apply: peers => this.setPeers(peers),
      onError: this.#onError,
    })
  }

  /**
   * Makes a group. All nodes must make it, with the same name and the same meaning. `ALREADY_EXISTS` if it is there;
   * a TypeError or RangeError for bad options, or a name that is empty or holds a slash.
   */
  group<T = Uint8Array>(name: string, options: GroupOptions<T>): Group<T> {
    this.#checkOpen()
    checkGroupName(name)
    const settings = groupSettings(name, options)
    if (this.#groups.has(name)) throw new CacheError('ALREADY_EXISTS', `There is a group "${name}" already`)
    const made = this.#makeGroup(settings)
    this.#groups.set(name, made.open)
    return made.group
  }

  /** The group of that name, if there is one. Its values are what its codec gives: check what you assume. */
  getGroup(name: string): Group<unknown> | undefined {
    return this.#groups.get(name)?.group
  }

  /** Ends a group at this node: its calls reject with `CLOSED`, peers hear that there is none. Stored values stay. */
  async removeGroup(name: string): Promise<void> {
    const open = this.#groups.get(name)
    if (open === undefined) return
    const reason = new CacheError('CLOSED', `The group "${name}" was removed`)
    this.#leaving.add(open)
    try {
      await this.#closeGroup(open, reason)
    } finally {
      this.#leaving.delete(open)
      if (this.#groups.get(name) === open) this.#groups.delete(name)
    }
  }

  /** The counters of every group, by name. */
  stats(): Readonly<Record<string, GroupStats>> {
    return Object.fromEntries([...this.#groups].map(([name, { group }]) => [name, group.stats()]))
  }

  /**
   * Ends everything: gets under way reject with `CLOSED`, writes under way are finished, what was loaded is stored,
   * clients are closed. The store and the transport stay open, being yours. Closing twice succeeds.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const reason = new CacheError('CLOSED', 'The cache was closed')
    this.#ending.abort(reason)
    const ended = await Promise.allSettled([...this.#groups.values()].map(open => this.#closeGroup(open, reason)))
    await this.#membership.close()
    this.#groups.clear()
    for (const result of ended) if (result.status === 'rejected') throw result.reason
  }

  async #closeGroup({ entries, writes }: OpenGroup, reason: CacheError): Promise<void> {
    entries.end(reason)
    await writes.idle()
    await entries.close()
  }

  #makeGroup<T>(settings: GroupSettings<T>): { readonly group: Group<T>; readonly open: OpenGroup } {
    const { clock } = this.#surroundings
    const onError = this.#onError
    const membership = this.#membership
    const surroundings = this.#surroundings
    const counters = new GroupCounters()
    const keepExpiredMs = Math.max(settings.staleMs, settings.staleIfErrorMs)
    const levels = new Levels({ ...settings, keepExpiredMs })
    const stored = this.#openStored(settings, keepExpiredMs)
    const owners = new OwnerCalls({ settings, counters, clock, onError })
    const load = (key: string, signal: CallSignal) => loadEntry(settings, surroundings, key, signal)
    const entries = new GroupEntries({
      ...{ settings, load, levels, stored, owners, membership, counters, clock, onError },
    })
    const writes = new FleetWrites({ settings, entries, membership })
    const group = new Group<T>({ settings, surroundings, entries, writes, owners, levels, stored, counters })
    return { group, open: { group, entries, counters, settings, writes } }
  }

  #openStored<T>(settings: GroupSettings<T>, keepExpiredMs: number): StoredEntries | undefined {
    if (this.#store === undefined || !settings.persist) return undefined
    const records = new RecordStore(this.#store, {
      group: settings.name,
      runId: this.#runId,
      clock: this.#surroundings.clock,
      maxBytes: settings.maxStoreBytes,
      keepExpiredMs,
      onError: this.#onError,
    })
    return new StoredEntries(records, settings.afterRestart)
  }

  #served(name: string): ServedGroup | undefined {
    const open = this.#groups.get(name)
    return open === undefined || this.#leaving.has(open) ? undefined : open
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new CacheError('CLOSED', 'The cache was closed')
  }
}

function ringFactory({ ring = 'groupcacheV3', replicas }: GroupCacheOptions): RingFactory {
  if (typeof ring === 'function') return ring
  checkOneOf('ring', ring, ringPresetNames)
  if (replicas !== undefined) checkInteger('replicas', replicas, 1)
  return peers => new HashRing(peers, { preset: ring, replicas })
}
