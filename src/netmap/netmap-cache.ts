import type { CallOptions } from '../snapshot/call-options.ts'
import { entries, keyed } from '../snapshot/columns.ts'
import { type Snapshot, SnapshotCache } from '../snapshot/snapshot-cache.ts'
import type { SnapshotCacheOptions } from '../snapshot/snapshot-options.ts'
import type { StoreResult } from '../snapshot/store-state.ts'
import type { Store } from '../store/store.ts'
import { compareById, deriveLoaded } from './derive.ts'
import type { LoadedNetmap, Netmap } from './netmap.ts'
import { checkUser, isFromCache } from './netmap-checks.ts'
import { elementFields, selfFields } from './netmap-columns.ts'
import type { Node } from './tailcfg.ts'

/** Options of a {@link NetmapCache}: those of a SnapshotCache, whose columns are given here. */
export type NetmapCacheOptions = Omit<SnapshotCacheOptions<Netmap>, 'columns'>

/**
 * A Tailscale network map as a {@link SnapshotCache}: every load is one whole map, and a change of a few peers writes
 * these. Peers are keyed by `StableID` and sorted by `ID` when they are loaded; `NodeKey`, `AllCaps` and `Cached` are
 * derived. A map with `Cached` set is not stored again.
 */
export class NetmapCache extends SnapshotCache<Netmap> {
  #generation = 0

  constructor(store: Store, options: NetmapCacheOptions = {}) {
    if ('columns' in options) throw new TypeError('The columns of a netmap cache are given, not an option')
    super(store, { name: 'netmap', ...options, columns: { Peers: keyed('StableID'), UserProfiles: entries() } })
  }

  /** As {@link SnapshotCache.store}. Throws `UNSUPPORTED_VALUE` for a map without a user, as Tailscale does. */
  override async store(netmap: Netmap, options: CallOptions = {}): Promise<StoreResult> {
    if (isFromCache(netmap)) return this.#skipped()
    checkUser(netmap)
    return this.#note(await super.store(pick(netmap, [...selfFields, ...elementFields]), options))
  }

  /** Replaces all but peers and user profiles, which stay as they are stored. */
  async updateSelf(netmap: Netmap, options: CallOptions = {}): Promise<StoreResult> {
    if (isFromCache(netmap)) return this.#skipped()
    checkUser(netmap)
    return this.#note(await this.update(pick(netmap, selfFields), options))
  }

  /** Adds or replaces the peers in `update`, then removes those whose `StableID` is in `remove`; one in both is removed. */
  async updatePeers(
    update: readonly Node[],
    remove: readonly string[] = [],
    options: CallOptions = {},
  ): Promise<StoreResult> {
    return this.#note(await this.patch('Peers', { set: update, remove }, options))
  }

  override async load(
    options?: CallOptions & { readonly columns?: undefined },
  ): Promise<Snapshot<LoadedNetmap> | undefined>
  override async load<const Name extends keyof Netmap & string>(
    options: CallOptions & { readonly columns: readonly Name[] },
  ): Promise<Snapshot<Pick<Netmap, Name>> | undefined>
  override async load(
    options: CallOptions & { readonly columns?: readonly (keyof Netmap & string)[] | undefined } = {},
  ): Promise<Snapshot<Netmap> | undefined> {
    const { columns, ...rest } = options
    if (columns !== undefined) {
      const part = await super.load({ ...rest, columns })
      // In place: the cache knows this object as a part of a state, which store() refuses.
      if (part !== undefined && 'Peers' in part.state) sortPeers(part.state.Peers)
      return part
    }
    const snapshot = await super.load(rest)
    if (snapshot === undefined) return undefined
    this.#generation = snapshot.generation
    return { ...snapshot, state: deriveLoaded(snapshot.state) }
  }

  #note(result: StoreResult): StoreResult {
    this.#generation = result.generation
    return result
  }

  #skipped(): StoreResult {
    return { generation: this.#generation, written: [], removed: [], bytes: 0, skipped: 'cached' }
  }
}

function pick<Name extends keyof Netmap>(netmap: Netmap, names: readonly Name[]): Pick<Netmap, Name> {
  const picked: Partial<Netmap> = {}
  for (const name of names) if (Object.hasOwn(netmap, name)) Object.assign(picked, { [name]: netmap[name] })
  return picked as Pick<Netmap, Name>
}

function sortPeers(peers: unknown): void {
  if (Array.isArray(peers)) peers.sort(compareById)
}
