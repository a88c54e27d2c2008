import type { CallSignal } from '../core/call-signal.ts'
import { CacheError } from '../errors.ts'
import { type Entry, entryUntil, isExpired } from './entry.ts'
import type { FetchTicket } from './fetch-batch.ts'
import { type Flight, Flights } from './flights.ts'
import { freshnessOf } from './freshness.ts'
import type { GroupCounters } from './group-counters.ts'
import { keyByteLength } from './group-key.ts'
import type { GroupSettings } from './group-settings.ts'
import type { Levels } from './levels.ts'
import { isLoadError } from './load-entry.ts'
import type { Membership } from './membership.ts'
import type { OwnerCalls } from './owner-calls.ts'
import type { PeerLink } from './peer-link.ts'
import { RefreshPauses } from './refresh-pauses.ts'
import type { StoredEntries, StoredEntry } from './stored-entries.ts'

/** An entry, or that the key has none. */
export type Outcome = Entry | undefined

/** Options of {@link GroupEntries.ask}. */
export interface AskOptions {
  readonly signal?: CallSignal | undefined
  /** Whether another node asks: it is answered from here, and the question never forwarded. @default false */
  readonly isFromPeer?: boolean
  /** The place of this question in a batch. @default it is asked alone */
  readonly ticket?: FetchTicket
}

/** What {@link GroupEntries} works with. */
export interface GroupEntriesParts {
  readonly settings: Omit<GroupSettings<never>, 'load' | 'form'>
  readonly load: (key: string, signal: CallSignal) => Promise<Outcome>
  readonly levels: Levels
  readonly stored: StoredEntries | undefined
  readonly owners: OwnerCalls
  readonly membership: Membership
  readonly counters: GroupCounters
  readonly clock: () => number
  readonly onError: (error: unknown) => void
}

/** `miss`: somebody waits. `refresh`: behind an answer. `fallback`: somebody waits, and the owner could not serve. */
type Reason = 'miss' | 'refresh' | 'fallback'

/**
 * The entries of one group at one node: where they are looked for, how they are kept, and when they are dropped.
 *
 * What is being obtained lives in flights, and every set or remove detaches those of its key: this is the generation of
 * a key. Whatever a flight brings is kept only while it is current, which is looked at in the same step as it is kept.
 * Loads have flights apart from those of fetches from owners, as a question of a peer may wait for the first only: two
 * nodes that each take the other for the owner would wait for ever.
 */
export class GroupEntries {
  readonly #parts: GroupEntriesParts
  readonly #fetches = new Flights<Outcome>()
  readonly #loads = new Flights<Outcome>()
  // Answered as stale while a refresh finds out whether they still hold.
  readonly #unconfirmed = new Map<string, Entry>()
  readonly #pauses = new RefreshPauses()
  #closed: CacheError | undefined

  constructor(parts: GroupEntriesParts) {
    this.#parts = parts
  }

  /** The entry, at once where memory has one to answer, else a promise. */
  ask(key: string, options: AskOptions): Entry | Promise<Outcome> {
    const { levels, counters, clock, settings } = this.#parts
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    const nowMs = clock()
    const entry = levels.find(key, nowMs)
    if (entry === undefined) return this.#miss(key, options)
    const freshness = freshnessOf(entry, nowMs, settings)
    if (freshness === 'spare' || freshness === 'gone') return this.#miss(key, options)
    counters.gets++
    counters.cacheHits++
    if (freshness === 'stale') counters.staleHits++
    if (freshness !== 'fresh') this.#renew(key, freshness, options)
    return entry
  }

  /** What memory has fresh. */
  peek(key: string): Outcome {
    return this.#fresh(key)
  }

  /** Loads the value here, whoever owns the key, unless memory has it. */
  loadHere(key: string, signal: CallSignal | undefined): Promise<Outcome> {
    return this.#loads.run(key, flight => this.#load(key, flight, 'miss'), signal)
  }

  /** Takes a value that was set: as the owner for good, else as a copy. Resolves when the store has it too. */
  async set(key: string, entry: Entry, isOwner: boolean): Promise<void> {
    const { levels, stored, clock } = this.#parts
    this.drop(key)
    if (isOwner) levels.keepMain(key, entry, clock())
    else levels.keepHot(key, entry, clock())
    await (isOwner ? stored?.set(key, entry) : stored?.remove(key))
  }

  /** Drops the key here. Resolves when the store has dropped it too. */
  async remove(key: string): Promise<void> {
    this.drop(key)
    await this.#parts.stored?.remove(key)
  }

  /** Forgets what memory has of the key, and that anything is on its way. */
  drop(key: string): void {
    this.#fetches.detach(key)
    this.#loads.detach(key)
    this.#parts.stored?.detach(key)
    this.#unconfirmed.delete(key)
    this.#pauses.end(key)
    this.#parts.levels.remove(key)
  }

  checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed
  }

  /** Throws `INVALID_KEY` for a key that is too long, or is no key. */
  checkKey(key: string): void {
    const byteLength = keyByteLength(key)
    const { maxKeyBytes } = this.#parts.settings
    if (byteLength <= maxKeyBytes) return
    throw new CacheError('INVALID_KEY', `Key is ${byteLength} bytes of UTF-8, the limit is ${maxKeyBytes}`)
  }

  /** Ends everything under way with `reason`. Sets and removes that were begun may still be finished. */
  end(reason: CacheError): void {
    this.#closed = reason
    this.#fetches.close(reason)
    this.#loads.close(reason)
    this.#parts.stored?.end(reason)
  }

  /** After {@link end}: lets go of memory, and resolves when the store has all fills. */
  async close(): Promise<void> {
    this.#unconfirmed.clear()
    this.#parts.levels.clear()
    await this.#parts.stored?.close()
  }

  async #miss(key: string, options: AskOptions): Promise<Outcome> {
    const { levels, counters, clock } = this.#parts
    this.checkKey(key)
    counters.gets++
    if (levels.isKnownAbsent(key, clock())) {
      counters.negativeHits++
      return undefined
    }
    const outcome = this.#unconfirmed.get(key) ?? (await this.#unremembered(key, options))
    if (outcome !== undefined && isExpired(outcome, clock())) counters.staleHits++
    return outcome
  }

  // Not async where there is no store: ten thousand may wait for one load, and each promise counts.
  #unremembered(key: string, options: AskOptions): Promise<Outcome> {
    const { stored, counters } = this.#parts
    counters.loads++
    return stored === undefined ? this.#obtain(key, options) : this.#readOrObtain(key, stored, options)
  }

  async #readOrObtain(key: string, stored: StoredEntries, options: AskOptions): Promise<Outcome> {
    const found = await stored.read(key, options.signal, entry => this.#keepStored(key, entry, options))
    const usable = found && this.#usable(key, found)
    return usable ?? (await this.#obtain(key, options))
  }

  #obtain(key: string, options: AskOptions): Promise<Outcome> {
    const { owners } = this.#parts
    const { signal, ticket } = options
    const link = this.#linkFor(key, options)
    if (link === undefined) {
      // Requests to the owners of other keys do not wait for a load here.
      ticket?.skip()
      return this.loadHere(key, signal)
    }
    const ask: OwnerCalls['ask'] = (to, wanted, flightSignal) => (ticket ?? owners).ask(to, wanted, flightSignal)
    const outcome = this.#fetches.run(key, flight => this.#fetch(key, flight, { link, ask, reason: 'miss' }), signal)
    // A flight that was under way already has asked without this place in the batch.
    ticket?.skip()
    return outcome
  }

  #usable(key: string, { entry, isUnconfirmed }: StoredEntry): Outcome {
    const freshness = freshnessOf(entry, this.#parts.clock(), this.#parts.settings)
    if (freshness === 'gone' || freshness === 'spare') return undefined
    // Where it was set or removed meanwhile, who waited gets what was there as they asked, and nobody else.
    return isUnconfirmed ? (this.#unconfirmed.get(key) ?? this.#asExpired(entry)) : entry
  }

  #keepStored(key: string, { entry, isUnconfirmed }: StoredEntry, options: AskOptions): void {
    const { levels, clock, settings } = this.#parts
    const nowMs = clock()
    const freshness = freshnessOf(entry, nowMs, settings)
    if (freshness === 'gone' || this.#fresh(key) !== undefined) return
    if (isUnconfirmed && freshness !== 'spare') {
      this.#revalidate(key, entry, options)
      return
    }
    levels.keepMain(key, entry, nowMs)
    if (freshness !== 'fresh' && freshness !== 'spare') this.#renew(key, freshness, options)
  }

  #fresh(key: string): Outcome {
    const nowMs = this.#parts.clock()
    const entry = this.#parts.levels.find(key, nowMs)
    return entry === undefined || isExpired(entry, nowMs) ? undefined : entry
  }

  // Old values are refreshed by whoever answers them; what is only ageing by its owner, so that one node does it.
  #renew(key: string, freshness: 'ageing' | 'stale', options: AskOptions): void {
    const { levels, clock } = this.#parts
    const link = this.#linkFor(key, options)
    if ((link !== undefined && freshness === 'ageing') || this.#pauses.has(key, clock())) return
    this.#refresh(key, link, () => {
      const nowMs = clock()
      const entry = levels.find(key, nowMs)
      if (entry === undefined || freshnessOf(entry, nowMs, this.#parts.settings) === 'fresh') return
      this.#pauses.begin(key, entry.expiresAtMs - nowMs, nowMs)
    })
  }

  // A question of a peer is not forwarded, nor is anything asked of peers behind it: two could go on asking each other.
  #linkFor(key: string, { isFromPeer }: AskOptions): PeerLink | undefined {
    return isFromPeer ? undefined : this.#parts.membership.ownerLink(key)
  }

  #revalidate(key: string, entry: Entry, options: AskOptions): void {
    const { levels, stored, clock } = this.#parts
    const expired = this.#asExpired(entry)
    this.#unconfirmed.set(key, expired)
    const link = this.#linkFor(key, options)
    const isStarted = this.#refresh(key, link, isRefreshed => {
      if (this.#unconfirmed.get(key) !== expired) return
      this.#unconfirmed.delete(key)
      if (isRefreshed) {
        // What a record of another's key says is not kept up to date here.
        if (link !== undefined) stored?.forget(key)
        return
      }
      // From here on it is as old as any value that expired now.
      levels.keepMain(key, expired, clock())
      stored?.fill(key, expired)
    })
    if (!isStarted) this.#unconfirmed.delete(key)
  }

  // Other nodes keep no copy of what is expired.
  #asExpired(entry: Entry): Entry {
    return entryUntil(entry.value, Math.min(entry.expiresAtMs, this.#parts.clock() - 1))
  }

  /** Obtains the value anew, behind, unless that is being done; tells whether it was begun. */
  #refresh(key: string, link: PeerLink | undefined, onEnd: (isRefreshed: boolean) => void): boolean {
    const { owners, settings, onError } = this.#parts
    const reason = 'refresh'
    const ask: OwnerCalls['ask'] = (to, wanted, signal) => owners.ask(to, wanted, signal)
    const work = async (flight: Flight): Promise<Outcome> => {
      try {
        const outcome = await (link === undefined
          ? this.#load(key, flight, reason)
          : this.#fetch(key, flight, { link, ask, reason }))
        onEnd(true)
        return outcome
      } catch (cause) {
        onEnd(false)
        if (this.#closed === undefined) {
          onError(
            new CacheError('LOAD_FAILED', `Refresh behind an answer of group "${settings.name}" failed`, { cause }),
          )
        }
        throw cause
      }
    }
    return (link === undefined ? this.#loads : this.#fetches).runBehind(key, work)
  }

  async #load(key: string, flight: Flight, reason: Reason): Promise<Outcome> {
    const { counters, load } = this.#parts
    // Between the look of who asks and this flight another one may have landed.
    const held = this.#begin(key, reason)
    if (held !== undefined) return held
    let loaded: Outcome
    try {
      loaded = await load(key, flight.signal)
    } catch (error) {
      if (isLoadError(error)) counters.localLoadErrs++
      return this.#spareFor(key, error, reason)
    }
    // Go counts "there is none" as an error of its getter.
    if (loaded === undefined) counters.localLoadErrs++
    else counters.localLoads++
    if (flight.isCurrent) this.#keepLoaded(key, loaded, reason)
    return loaded
  }

  async #fetch(
    key: string,
    flight: Flight,
    { link, ask, reason }: { readonly link: PeerLink; readonly ask: OwnerCalls['ask']; readonly reason: Reason },
  ): Promise<Outcome> {
    const { counters, levels, settings } = this.#parts
    const held = this.#begin(key, reason)
    if (held !== undefined) return held
    const answer = await ask(link, key, flight.signal)
    if (answer === undefined) {
      return await this.#loads.run(key, inner => this.#load(key, inner, 'fallback'), flight.signal)
    }
    if (answer.kind === 'value') {
      counters.peerLoads++
      if (flight.isCurrent) this.#keepFetched(key, answer.entry)
      return answer.entry
    }
    if (answer.kind === 'notFound') {
      if (flight.isCurrent) levels.remove(key)
      return undefined
    }
    const message = `Load of group "${settings.name}" failed at the owner of the key: ${answer.message}`
    return this.#spareFor(key, new CacheError('LOAD_FAILED', message), reason)
  }

  #begin(key: string, reason: Reason): Outcome {
    const { counters } = this.#parts
    if (reason === 'refresh') counters.refreshes++
    if (reason !== 'miss') return undefined
    const held = this.#fresh(key)
    if (held === undefined) counters.loadsDeduped++
    else counters.cacheHits++
    return held
  }

  // An old value in place of an error, if the group allows it.
  #spareFor(key: string, error: unknown, reason: Reason): Entry {
    const { levels, clock, settings } = this.#parts
    const nowMs = clock()
    const spare = isLoadError(error) && reason !== 'refresh' ? levels.find(key, nowMs) : undefined
    if (spare === undefined || freshnessOf(spare, nowMs, settings) === 'gone') throw error
    return spare
  }

  #keepLoaded(key: string, loaded: Outcome, reason: Reason): void {
    const { levels, stored, membership, clock } = this.#parts
    const nowMs = clock()
    if (loaded === undefined) {
      // An old record must not come back in place of "there is none".
      if (reason === 'refresh' || levels.find(key, nowMs) !== undefined) stored?.forget(key)
      levels.keepAbsent(key, nowMs)
      return
    }
    levels.keepMain(key, loaded, nowMs)
    if (membership.ownerLink(key) === undefined) stored?.fill(key, loaded)
  }

  #keepFetched(key: string, entry: Entry): void {
    const { levels, clock } = this.#parts
    const nowMs = clock()
    if (isExpired(entry, nowMs) || !this.#isPromoted(key, entry)) levels.remove(key)
    else levels.keepHot(key, entry, nowMs)
  }

  #isPromoted(key: string, entry: Entry): boolean {
    const { settings, onError } = this.#parts
    try {
      return settings.promote(key, entry.value.byteLength)
    } catch (error) {
      onError(error)
      return false
    }
  }
}
