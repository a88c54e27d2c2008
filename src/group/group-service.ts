import { checkSignal } from '../core/check.ts'
import { CacheError, isCacheError } from '../errors.ts'
import { signalOf, takesControllers } from './call-options.ts'
import type { Entry } from './entry.ts'
import type { GroupCounters } from './group-counters.ts'
import type { GroupEntries } from './group-entries.ts'
import { keyFromBytes } from './group-key.ts'
import { checkValueSize, isLoadError, textOf } from './load-entry.ts'
import type { Membership } from './membership.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from './peer-service.ts'

/** What the answering side knows of a group. */
export interface ServedGroup {
  readonly entries: GroupEntries
  readonly counters: GroupCounters
  readonly settings: { readonly maxValueBytes: number }
}

/** Options of {@link GroupService}. */
export interface GroupServiceOptions {
  readonly find: (group: string) => ServedGroup | undefined
  readonly membership: Membership
}

/** Answers what other nodes ask, from this node alone: no question is ever forwarded. */
export class GroupService implements PeerService {
  readonly #options: GroupServiceOptions

  constructor(options: GroupServiceOptions) {
    takesControllers(this)
    this.#options = options
  }

  async get(group: string, key: Uint8Array, options: PeerCallOptions = {}): Promise<PeerAnswer> {
    return await this.#get(this.#group(group), key, options)
  }

  async getMany(
    group: string,
    keys: readonly Uint8Array[],
    options: PeerCallOptions = {},
  ): Promise<readonly PeerAnswer[]> {
    const served = this.#group(group)
    return await Promise.all(keys.map(key => this.#get(served, key, options)))
  }

  async set(group: string, key: Uint8Array, entry: Entry, _options?: PeerCallOptions): Promise<void> {
    const { entries, settings } = this.#group(group)
    const name = keyFromBytes(key)
    if (name === '') throw new CacheError('INVALID_KEY', 'Key must not be empty')
    entries.checkKey(name)
    checkValueSize(settings, entry.value)
    // Nodes of Go set a value everywhere; here only the owner takes it for more than a copy.
    await entries.set(name, entry, this.#options.membership.ownerLink(name) === undefined)
  }

  async remove(group: string, key: Uint8Array, _options?: PeerCallOptions): Promise<void> {
    await this.#group(group).entries.remove(keyFromBytes(key))
  }

  async removeMany(group: string, keys: readonly Uint8Array[], _options?: PeerCallOptions): Promise<void> {
    const { entries } = this.#group(group)
    await Promise.all(keys.map(key => entries.remove(keyFromBytes(key))))
  }

  async #get(served: ServedGroup, key: Uint8Array, options: PeerCallOptions): Promise<PeerAnswer> {
    const signal = signalOf(options)
    checkSignal(signal)
    served.counters.peerGets++
    try {
      const entry = await served.entries.ask(keyFromBytes(key), { signal, isFromPeer: true })
      return entry === undefined ? { kind: 'notFound', message: 'not found' } : { kind: 'value', entry }
    } catch (error) {
      if (!isLoadError(error)) throw error
      // As in Go the text is the loader's own.
      const told = isCacheError(error, 'LOAD_FAILED') ? error.cause : error
      return { kind: 'loadFailed', message: textOf(told) }
    }
  }

  #group(name: string): ServedGroup {
    const group = this.#options.find(name)
    if (group === undefined) throw new CacheError('UNKNOWN_GROUP', `There is no group "${name}"`)
    group.entries.checkOpen()
    return group
  }
}
