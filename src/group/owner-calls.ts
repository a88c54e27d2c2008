import type { CallSignal } from '../core/call-signal.ts'
import { CacheError } from '../errors.ts'
import type { GroupCounters } from './group-counters.ts'
import { keyToBytes } from './group-key.ts'
import { checkValueSize } from './load-entry.ts'
import type { PeerLink } from './peer-link.ts'
import type { PeerAnswer } from './peer-service.ts'

/** Options of {@link OwnerCalls}. */
export interface OwnerCallsOptions {
  readonly settings: { readonly name: string; readonly peerTimeoutMs: number; readonly maxValueBytes: number }
  readonly counters: GroupCounters
  readonly clock: () => number
  readonly onError: (error: unknown) => void
}

/** What the owner says of each key; `undefined` where it could not serve, and the value has to be loaded here. */
export type OwnerAnswers = readonly (PeerAnswer | undefined)[]

/** Asks the owners of keys, and counts what comes of it. Never rejects but when `signal` aborts. */
export class OwnerCalls {
  readonly #options: OwnerCallsOptions

  constructor(options: OwnerCallsOptions) {
    this.#options = options
  }

  /** Asks for one key. */
  async ask(link: PeerLink, key: string, signal: CallSignal): Promise<PeerAnswer | undefined> {
    const [answer] = await this.#call(link, [key], signal)
    return answer
  }

  /** Asks for many keys in one request; the answers have their order. */
  askMany(link: PeerLink, keys: readonly string[], signal: CallSignal): Promise<OwnerAnswers> {
    return this.#call(link, keys, signal)
  }

  async #call(link: PeerLink, keys: readonly string[], signal: CallSignal): Promise<OwnerAnswers> {
    const { settings, counters, clock } = this.#options
    const bytes = keys.map(keyToBytes)
    const startedAtMs = clock()
    try {
      const answers = await link.callIfHealthy({
        timeoutMs: settings.peerTimeoutMs,
        signal,
        work: async (peer, options): Promise<readonly PeerAnswer[]> =>
          bytes.length === 1
            ? [await peer.get(settings.name, bytes[0]!, options)]
            : await peer.getMany(settings.name, bytes, options),
      })
      if (answers === undefined) return []
      if (answers.length !== keys.length) throw new CacheError('PEER_FAILED', 'Answers are fewer or more than the keys')
      counters.peerAnswered(clock() - startedAtMs)
      return answers.map(answer => this.#checked(link, answer))
    } catch (error) {
      if (signal.aborted) throw error
      for (const _ of keys) this.#failed(link, error)
      return []
    }
  }

  // One answer that is too large says nothing about the others.
  #checked(link: PeerLink, answer: PeerAnswer): PeerAnswer | undefined {
    try {
      if (answer.kind === 'value') checkValueSize(this.#options.settings, answer.entry.value)
      return answer
    } catch (error) {
      this.#failed(link, error)
      return undefined
    }
  }

  #failed(link: PeerLink, cause: unknown): void {
    const { settings, counters, onError } = this.#options
    counters.peerErrors++
    const message = `Peer ${link.address} did not serve a get of group "${settings.name}"; it is loaded here`
    onError(new CacheError('PEER_FAILED', message, { cause }))
  }
}
