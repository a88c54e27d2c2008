import { abortable } from '../core/abortable.ts'
import { checkOptionNames, checkSignal } from '../core/check.ts'
import { sameBytes } from '../core/same-bytes.ts'
import { CacheError, isCacheError } from '../errors.ts'
import type { Entry } from './entry.ts'
import { FetchBatch, type FetchTicket } from './fetch-batch.ts'
import type { FleetWrites } from './fleet-writes.ts'
import type { GroupCounters } from './group-counters.ts'
import type { GroupEntries, Outcome } from './group-entries.ts'
import { keyFromBytes } from './group-key.ts'
import type { GroupSettings } from './group-settings.ts'
import type { GroupStats } from './group-stats.ts'
import type { Levels } from './levels.ts'
import { type Surroundings, toEntry } from './load-entry.ts'
import type { OwnerCalls } from './owner-calls.ts'
import type { StoredEntries } from './stored-entries.ts'

/** Options of the calls of a {@link Group}. */
export interface GroupCallOptions {
  /** Ends the wait with `ABORTED`, for this caller only. */
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link Group.set}. */
export interface GroupSetOptions extends GroupCallOptions {
  /** When the value stops being fresh, as a Date or in milliseconds since 1970. @default by the group's `ttlMs` */
  readonly expiresAt?: Date | number | undefined
}

/** What a {@link Group} is made of. */
export interface GroupParts<T> {
  readonly settings: GroupSettings<T>
  readonly surroundings: Surroundings
  readonly entries: GroupEntries
  readonly writes: FleetWrites
  readonly owners: OwnerCalls
  readonly levels: Levels
  readonly stored: StoredEntries | undefined
  readonly counters: GroupCounters
}

/** A key as text, or as bytes where it need not be UTF-8. */
export type GroupKey = string | Uint8Array

const noOptions: GroupCallOptions = {}

/**
 * Values under keys, each owned by one node of the fleet and loaded there when first asked for. Made by `cache.group()`.
 *
 * Values that are given out are the caller's own, and so are those that are passed in. After the cache is closed every
 * call rejects with `CLOSED`; with a signal that aborts, every call rejects with `ABORTED`.
 */
export class Group<T> {
  /** The name that all nodes know it by. */
  readonly name: string
  readonly #parts: GroupParts<T>

  constructor(parts: GroupParts<T>) {
    this.name = parts.settings.name
    this.#parts = parts
  }

  /**
   * The value of a key; `undefined` if there is none. Looked for in memory, in the store, at the key's owner, and loaded
   * if it is nowhere; many calls at once share one load. An owner that cannot serve is passed over: the value is loaded here.
   *
   * `LOAD_FAILED` if the loader failed, here or at the owner; `TIMEOUT` if it did not end by `loadTimeoutMs`;
   * `VALUE_TOO_LARGE`, `CORRUPT` (the codec cannot read the value), `INVALID_KEY`.
   */
  get(key: GroupKey, options: GroupCallOptions = noOptions): Promise<T | undefined> {
    // Not an async function: the answer from memory is the call that counts.
    try {
      if (options.signal?.aborted) checkSignal(options.signal)
      const name = textOfKey(key)
      const found = this.#parts.entries.ask(name, options)
      if (found instanceof Promise) return this.#later(name, found, options)
      return this.#value(name, found, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The value if this node's memory has it fresh, else `undefined`. Asks nobody, and loads nothing. */
  peek(key: GroupKey): T | undefined {
    const { entries, settings } = this.#parts
    entries.checkOpen()
    const entry = entries.peek(textOfKey(key))
    return entry === undefined ? undefined : settings.form.fromBytes(entry.value)
  }

  /**
   * The values of many keys, in their order, with one request to each owner that is a node of ours. As by
   * `Promise.allSettled`, a key that fails fails alone: its place has `{ status: 'rejected', reason }`.
   */
  async getMany(
    keys: Iterable<GroupKey>,
    options: GroupCallOptions = noOptions,
  ): Promise<PromiseSettledResult<T | undefined>[]> {
    const { entries, owners } = this.#parts
    entries.checkOpen()
    checkSignal(options.signal)
    const names = textsOfKeys(keys)
    const batch = new FetchBatch(owners, names.length)
    const gets = names.map(name => this.#getInBatch(name, batch.ticket(), options))
    const results = await Promise.allSettled(gets)
    checkSignal(options.signal)
    entries.checkOpen()
    return results
  }

  /**
   * Puts a value in place of the one there is, at every node: when it resolves, every node that could be reached answers
   * with it. Sets and removes of one key at one node take effect in the order of the calls.
   *
   * `PEER_FAILED` if nodes could not be told, with an `AggregateError` of one error each as its cause; all others were.
   * `TIMEOUT` if earlier writes of the key did not end in twice `peerTimeoutMs`: then it was not begun. `VALUE_TOO_LARGE`,
   * `INVALID_KEY` (an empty key among them), errors of the store. An abort ends the wait, not the set.
   */
  async set(key: GroupKey, value: T, options: GroupSetOptions = noOptions): Promise<void> {
    const { settings, surroundings, entries, writes } = this.#parts
    entries.checkOpen()
    checkOptionNames(options, ['signal', 'expiresAt'])
    checkSignal(options.signal)
    const name = textOfKey(key)
    if (name === '') throw new CacheError('INVALID_KEY', 'Key must not be empty')
    entries.checkKey(name)
    // Now, not in its turn: the caller may change the value as soon as this returns.
    const entry = toEntry(settings, surroundings, value, options.expiresAt)
    await abortable(writes.set(name, entry), options.signal)
  }

  /**
   * Drops a key at every node, in memory and stores: once it resolves no node that could be reached answers with what
   * was there before, not even what was being loaded. An absent key is success. Errors as of {@link set}.
   */
  async remove(key: GroupKey, options: GroupCallOptions = noOptions): Promise<void> {
    await this.#remove([key], options)
  }

  /** {@link remove} for many keys, with at most two requests to each node. No keys, no requests. */
  async removeMany(keys: Iterable<GroupKey>, options: GroupCallOptions = noOptions): Promise<void> {
    const { counters, entries } = this.#parts
    entries.checkOpen()
    const names = textsOfKeys(keys)
    if (names.length === 0) return
    counters.removeKeysRequests++
    counters.removedKeys += names.length
    await this.#remove(names, options)
  }

  /** The counters so far. */
  stats(): GroupStats {
    const { counters, levels, stored } = this.#parts
    const stats = { ...counters, ...levels.stats() }
    return stored === undefined ? stats : { ...stats, store: stored.stats() }
  }

  async #getInBatch(name: string, ticket: FetchTicket, options: GroupCallOptions): Promise<T | undefined> {
    try {
      const found = this.#parts.entries.ask(name, { signal: options.signal, ticket })
      return await (found instanceof Promise ? this.#later(name, found, options) : this.#value(name, found, options))
    } finally {
      ticket.skip()
    }
  }

  async #remove(keys: readonly GroupKey[], options: GroupCallOptions): Promise<void> {
    const { entries, writes } = this.#parts
    entries.checkOpen()
    checkSignal(options.signal)
    const names = [...new Set(keys.map(textOfKey))]
    for (const name of names) entries.checkKey(name)
    await abortable(writes.remove(names), options.signal)
  }

  #later(name: string, found: Promise<Outcome>, options: GroupCallOptions): Promise<T | undefined> {
    return found.then(entry => (entry === undefined ? undefined : this.#value(name, entry, options)))
  }

  #value(name: string, entry: Entry, options: GroupCallOptions): Promise<T | undefined> {
    try {
      return Promise.resolve(this.#parts.settings.form.fromBytes(entry.value))
    } catch (error) {
      return this.#loadAgain(name, entry, { error, signal: options.signal })
    }
  }

  // Bytes that the codec does not know are of no use to anybody: what has them drops them, and the value is loaded anew,
  // here, as the owner may have the same.
  async #loadAgain(
    name: string,
    entry: Entry,
    { error, signal }: { readonly error: unknown; readonly signal: AbortSignal | undefined },
  ): Promise<T | undefined> {
    const { entries, settings } = this.#parts
    const held = entries.peek(name)
    if (held === undefined || sameBytes(held.value, entry.value)) await entries.remove(name).catch(ignore)
    const again = await entries.loadHere(name, signal)
    if (again === undefined) return undefined
    try {
      return settings.form.fromBytes(again.value)
    } catch {
      throw new CacheError('CORRUPT', `Cannot decode a value of group "${this.name}"`, { cause: error })
    }
  }
}

function textOfKey(key: GroupKey): string {
  if (typeof key === 'string') return key
  if (key instanceof Uint8Array) return keyFromBytes(key)
  throw new TypeError(`Key must be a string or a Uint8Array, received ${key === null ? 'null' : typeof key}`)
}

function textsOfKeys(keys: Iterable<GroupKey>): string[] {
  if (typeof keys === 'string' || keys instanceof Uint8Array || typeof keys?.[Symbol.iterator] !== 'function') {
    throw new TypeError('Keys must be a list of keys')
  }
  return Array.from(keys, textOfKey)
}

// A store that fails has told of it; here only memory decides.
function ignore(error: unknown): void {
  if (isCacheError(error, 'CLOSED')) throw error
}
