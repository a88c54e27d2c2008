import { utf8Decode } from '../bytes/utf8.ts'
import { checkFunction } from '../core/check.ts'
import { checkStore } from '../core/check-store.ts'
import { SerialQueue } from '../core/serial-queue.ts'
import { tell } from '../core/tell.ts'
import { CacheError } from '../errors.ts'
import type { Problem, Report } from '../snapshot/report.ts'
import type { Store, StoreOptions } from '../store/store.ts'
import { deriveLoaded } from './derive.ts'
import type { LoadedNetmap, Netmap } from './netmap.ts'
import { checkUser, isFromCache } from './netmap-checks.ts'
import {
  columnKeys,
  decodeColumn,
  decodePeer,
  decodeSelf,
  decodeUser,
  encodeNetmap,
  encodePeer,
  encodeSelf,
  peerKey,
  recordKind,
  selfKey,
  zeroColumn,
} from './plain-records.ts'
import { PlainWriter } from './plain-writer.ts'
import type { Node, UserProfile } from './tailcfg.ts'

/** Options of a {@link PlainNetmapCache}. */
export interface PlainNetmapCacheOptions {
  /** Told after a load that met broken records, also one that found nothing. What it throws is ignored. */
  readonly onReport?: ((report: Report) => void) | undefined
}

/** What a write did. */
export interface PlainWriteResult {
  /** The keys that were written, in the order of writing. Records that were on disk already are not among them. */
  readonly written: readonly string[]
  /** The keys that were removed. */
  readonly removed: readonly string[]
  /** The bytes of the records written. */
  readonly bytes: number
  /** Why nothing was written: the netmap itself came from a cache, or all is stored already. `false` if something was. */
  readonly skipped: false | 'cached' | 'unchanged'
}

/** A loaded network map. */
export interface PlainSnapshot {
  /** The map, with its derived fields. */
  readonly state: LoadedNetmap
  /** Always true: the map is of the past until something fresher replaces it. */
  readonly cached: true
  /** Broken records that were left out. */
  readonly report: Report
}

/**
 * One network map in the layout of Tailscale's own client: a record per column, peer and user, overwritten in place.
 * It reads what the Go program wrote and writes the same bytes. Calls are done one after the other.
 *
 * A crash in the middle of a write leaves old and new records side by side, as with the Go program, unless the store
 * has `batch`: then a write is all or nothing.
 */
export class PlainNetmapCache {
  readonly #store: Store
  readonly #onReport: ((report: Report) => void) | undefined
  readonly #writer: PlainWriter
  readonly #queue = new SerialQueue()
  #closed = false

  /** The cache does not own `store`: `close()` leaves it open. */
  constructor(store: Store, options: PlainNetmapCacheOptions = {}) {
    const { onReport } = options
    if (onReport !== undefined) checkFunction('onReport', onReport)
    checkStore(store)
    this.#store = store
    this.#onReport = onReport
    this.#writer = new PlainWriter(store)
  }

  /**
   * Replaces the cached map by `netmap`: writes the records that differ, in Tailscale's order, then removes those of
   * peers and users that are gone. Keys that are not Tailscale's are left alone. A map with `Cached` set is not
   * written. Throws `UNSUPPORTED_VALUE` (nothing is written) for a map without a user or with a value that does not
   * fit its type, `DUPLICATE_KEY` for two peers with one StableID.
   */
  async store(netmap: Netmap, options: StoreOptions = {}): Promise<PlainWriteResult> {
    return this.#run(options, async () => {
      if (isFromCache(netmap)) return nothing
      checkUser(netmap)
      const texts = encodeNetmap(netmap)
      const present = new Set<string>()
      for await (const key of this.#store.list('', options)) present.add(key)
      const changed = [...texts].filter(([key, text]) => !(present.has(key) && this.#writer.believes(key, text)))
      const obsolete = [...present].filter(key => recordKind(key) !== undefined && !texts.has(key))
      const bytes = await this.#writer.write(changed, obsolete, options)
      return result(changed, obsolete, bytes)
    })
  }

  /**
   * Replaces all but peers and user profiles, which stay as they are on disk. As in Go, an `ssh` record stays when
   * the policy has become `null`; the next `store()` removes it. Errors as of `store()`.
   */
  async updateSelf(netmap: Netmap, options: StoreOptions = {}): Promise<PlainWriteResult> {
    return this.#run(options, async () => {
      if (isFromCache(netmap)) return nothing
      checkUser(netmap)
      const changed = await this.#changed(encodeSelf(netmap), options)
      const bytes = await this.#writer.write(changed, [], options)
      return result(changed, [], bytes)
    })
  }

  /**
   * Adds or replaces the peers in `update`, then removes those whose StableID is in `remove`; one in both is removed,
   * one that is not there is fine. Every record is tried before an error is thrown. Throws `NOTHING_CACHED` if the
   * store holds no self node.
   */
  async updatePeers(
    update: readonly Node[],
    remove: readonly string[] = [],
    options: StoreOptions = {},
  ): Promise<PlainWriteResult> {
    return this.#run(options, async () => {
      const gone = new Set(remove.map(peerKey))
      const texts = new Map(update.map((peer, i) => encodePeer(peer, `update[${i}]`)))
      for (const key of gone) texts.delete(key)
      if ((await this.#store.load(selfKey, options)) === undefined) {
        throw new CacheError('NOTHING_CACHED', 'Cannot update peers: the store holds no self node', { key: selfKey })
      }
      const changed = await this.#changed(texts, options)
      const bytes = await this.#writer.write(changed, [...gone], { ...options, tryAll: true })
      return result(changed, [...gone], bytes)
    })
  }

  /**
   * The cached map, or `undefined` if there is no readable self node. Absent columns have Go's zero values. A broken
   * record costs that record and is in the report; an I/O failure rejects.
   */
  async load(options: StoreOptions = {}): Promise<PlainSnapshot | undefined> {
    return this.#run(options, async () => {
      const problems: Problem[] = []
      const state = await this.#load(problems, options)
      const report: Report = { problems, fallback: false }
      if (problems.length > 0) tell(this.#onReport, report)
      return state && { state, cached: true, report }
    })
  }

  /** Removes all of Tailscale's keys from the store, the self node first; other keys stay. */
  async clear(options: StoreOptions = {}): Promise<void> {
    await this.#run(options, async () => {
      const keys: string[] = []
      for await (const key of this.#store.list('', options)) if (recordKind(key) !== undefined) keys.push(key)
      // Without it nothing loads, so a crash midway leaves an empty cache, not half of one.
      keys.sort((a, b) => Number(b === selfKey) - Number(a === selfKey))
      await this.#writer.write([], keys, options)
    })
  }

  /** Waits for the calls that came before. Every later call but `close()` is `CLOSED`. The store stays open. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#queue.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run<T>({ signal }: StoreOptions, task: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new CacheError('CLOSED', 'The cache is closed')
    return this.#queue.run(task, signal)
  }

  // Few records: what is on disk is read, so that one that vanished or was replaced meanwhile is written again.
  async #changed(texts: ReadonlyMap<string, string>, options: StoreOptions): Promise<[string, string][]> {
    const changed: [string, string][] = []
    for (const [key, text] of texts) {
      if (this.#writer.believes(key, text) && (await this.#writer.isStored(key, text, options))) continue
      changed.push([key, text])
    }
    return changed
  }

  async #load(problems: Problem[], options: StoreOptions): Promise<LoadedNetmap | undefined> {
    const keys: string[] = []
    for await (const key of this.#store.list('', options)) if (recordKind(key) !== undefined) keys.push(key)
    if (!keys.includes(selfKey)) return undefined

    const peers: Node[] = []
    const users: [string, UserProfile][] = []
    let columns: Partial<Netmap> = Object.assign({}, ...columnKeys.map(zeroColumn))
    let self: Node | undefined
    for await (const [key, bytes] of this.#writer.read(keys, options)) {
      try {
        const text = utf8Decode(bytes)
        const kind = recordKind(key)
        if (kind === 'peer') peers.push(decodePeer(key, text))
        else if (kind === 'user') users.push(userEntry(decodeUser(key, text)))
        else if (key === selfKey) self = decodeSelf(text)
        else columns = { ...columns, ...decodeColumn(key, text) }
        this.#writer.believe(key, text)
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        problems.push({ code: 'DECODE_FAILED', message: `Cannot read record ${key}: ${reason}`, key, cause })
      }
    }
    if (self === undefined) return undefined
    return deriveLoaded({
      ...(columns as Netmap),
      SelfNode: self,
      Peers: peers,
      UserProfiles: users.length === 0 ? null : Object.fromEntries(users),
    })
  }
}

const nothing: PlainWriteResult = { written: [], removed: [], bytes: 0, skipped: 'cached' }

function result(
  changed: readonly (readonly [key: string, text: string])[],
  removed: string[],
  bytes: number,
): PlainWriteResult {
  const isEmpty = changed.length === 0 && removed.length === 0
  return { written: changed.map(([key]) => key), removed, bytes, skipped: isEmpty ? 'unchanged' : false }
}

function userEntry(user: UserProfile): [string, UserProfile] {
  return [String(user.ID), user]
}
