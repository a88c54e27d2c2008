import type { Agent } from 'node:http'
import type { ConnectionOptions } from 'node:tls'
import { checkSignal } from '../../core/check.ts'
import { CacheError, isCacheError } from '../../errors.ts'
import { signalOf, takesControllers } from '../call-options.ts'
import type { Entry } from '../entry.ts'
import type { HttpClientSettings } from '../http-client-options.ts'
import { type ExchangeRequest, HttpPeer } from '../http-peer.ts'
import { inParallel } from '../in-parallel.ts'
import { maxKeys } from '../link/link-frame.ts'
import type { PeerAddress } from '../peer-address.ts'
import type { PeerAnswer, PeerCallOptions } from '../peer-service.ts'
import type { Peer } from '../transport.ts'
import { isOurs } from '../wire/conclude.ts'
import type { HttpAnswer } from '../wire/http-message.ts'
import { type ExchangeLimits, exchange, StaleConnectionError } from './http-exchange.ts'
import { type LinkCallOptions, type LinkClient, LinkLostError } from './link-client.ts'
import { openLink } from './open-link.ts'

/** What a {@link NodePeer} is made of. */
export interface NodePeerParts extends HttpClientSettings {
  readonly address: string
  readonly where: PeerAddress
  /** The peer's own pool. */
  readonly agent: Agent
  readonly secure: ConnectionOptions
  readonly maxCalls: number
  readonly idleTimeoutMs: number
  readonly link: boolean
}

// A peer of ours behind something that does not pass upgrades is not asked again for every call.
const linkRetryMs = 30_000

/** The client of one peer: by HTTP, and by a link once the peer has shown that it is one of ours. */
export class NodePeer implements Peer {
  readonly address: string
  readonly #parts: NodePeerParts
  readonly #http: HttpPeer
  readonly #running = new Set<(reason: Error) => void>()
  #link: LinkClient | undefined
  #isLinking = false
  #noLinkBefore = 0
  #calls = 0
  #isClosed = false

  constructor(parts: NodePeerParts) {
    takesControllers(this)
    this.address = parts.address
    this.#parts = parts
    const { rules, signer } = parts
    this.#http = new HttpPeer({ rules, signer, exchange: (request, signal) => this.#exchange(request, signal) })
  }

  async get(group: string, key: Uint8Array, options: PeerCallOptions = {}): Promise<PeerAnswer> {
    const answers = await this.#call<readonly (PeerAnswer | undefined)[]>(
      options,
      link => link.client.get(group, [key], link.options),
      async () => [await this.#http.get(group, key, options)],
      true,
    )
    return answers[0]!
  }

  async getMany(
    group: string,
    keys: readonly Uint8Array[],
    options: PeerCallOptions = {},
  ): Promise<readonly PeerAnswer[]> {
    const answers = new Array<PeerAnswer | undefined>(keys.length).fill(undefined)
    let rest = keys.map((_, i) => i)
    for (let before = Number.POSITIVE_INFINITY; rest.length > 0 && rest.length < before; ) {
      before = rest.length
      const found = await this.#getSome(
        group,
        rest.map(i => keys[i]!),
        options,
      )
      for (const [at, i] of rest.entries()) answers[i] = found[at]
      rest = rest.filter(i => answers[i] === undefined)
    }
    // Each of these is too large for an answer to many.
    return await inParallel(answers, async (answer, i) => answer ?? (await this.get(group, keys[i]!, options)))
  }

  set(group: string, key: Uint8Array, entry: Entry, options: PeerCallOptions = {}): Promise<void> {
    return this.#call(
      options,
      link => link.client.set({ group, key, entry }, link.options),
      () => this.#http.set(group, key, entry, options),
      false,
    )
  }

  remove(group: string, key: Uint8Array, options: PeerCallOptions = {}): Promise<void> {
    return this.#call(
      options,
      link => link.client.remove(group, [key], link.options),
      () => this.#http.remove(group, key, options),
      false,
    )
  }

  removeMany(group: string, keys: readonly Uint8Array[], options: PeerCallOptions = {}): Promise<void> {
    return this.#call(
      options,
      keys.length === 0 || keys.length > maxKeys ? undefined : link => link.client.remove(group, keys, link.options),
      () => this.#http.removeMany(group, keys, options),
      false,
    )
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const reason = new CacheError('PEER_FAILED', 'The client of the peer was closed')
    for (const end of [...this.#running]) end(reason)
    this.#link?.end(reason)
    this.#parts.agent.destroy()
  }

  // What would make the answer too large is `undefined`, and to be asked for again.
  #getSome(
    group: string,
    keys: readonly Uint8Array[],
    options: PeerCallOptions,
  ): Promise<readonly (PeerAnswer | undefined)[]> {
    return this.#call<readonly (PeerAnswer | undefined)[]>(
      options,
      keys.length > maxKeys ? undefined : link => link.client.get(group, keys, link.options),
      () => this.#http.getMany(group, keys, options),
      true,
    )
  }

  // A question that a link lost is asked again by HTTP, for it changes nothing; a change may have been made.
  async #call<T>(
    options: PeerCallOptions,
    byLink: ((link: { client: LinkClient; options: LinkCallOptions }) => Promise<T>) | undefined,
    byHttp: () => Promise<T>,
    isRepeatable: boolean,
  ): Promise<T> {
    const signal = signalOf(options)
    checkSignal(signal)
    this.#checkOpen()
    if (this.#calls >= this.#parts.maxCalls) {
      throw new CacheError('PEER_FAILED', `Cannot call a peer: ${this.#calls} calls to it are under way`)
    }
    this.#calls++
    try {
      const client = this.#link
      if (client === undefined || byLink === undefined) return await byHttp()
      try {
        return await byLink({ client, options: { signal, timeoutMs: this.#parts.timeoutMs } })
      } catch (error) {
        if (isCacheError(error, 'VALUE_TOO_LARGE')) return await byHttp()
        if (!(error instanceof LinkLostError)) throw error
        this.#checkOpen()
        if (!isRepeatable) throw new CacheError('PEER_FAILED', 'Cannot get an answer of a peer', { cause: error })
        return await byHttp()
      }
    } finally {
      this.#calls--
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new CacheError('PEER_FAILED', 'The client of the peer was closed')
  }

  async #exchange(request: ExchangeRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const limits = this.#limits(signal)
    const { where } = this.#parts
    let answer: HttpAnswer
    try {
      answer = await exchange(where, request, limits)
    } catch (error) {
      if (!(error instanceof StaleConnectionError)) throw error
      this.#checkOpen()
      // The peer closed a connection that it had kept, before it can have read this: as Go's client, once, and only gets.
      if (request.method !== 'GET')
        throw new CacheError('PEER_FAILED', 'Cannot get an answer of a peer', { cause: error })
      answer = await exchange(where, request, { ...limits, agent: false })
    }
    if (isOurs(answer)) this.#wantLink()
    return answer
  }

  #limits(signal: AbortSignal | undefined): ExchangeLimits {
    const { agent, secure, timeoutMs, maxAnswerBytes } = this.#parts
    return { agent, secure, timeoutMs, maxAnswerBytes, signal, running: this.#running }
  }

  // Behind the calls: they go by HTTP until the link is there.
  #wantLink(): void {
    if (!this.#parts.link || this.#isLinking || this.#link !== undefined || this.#isClosed) return
    if (performance.now() < this.#noLinkBefore) return
    this.#isLinking = true
    const onEnd = (): void => {
      this.#link = undefined
    }
    openLink(this.#parts, this.#limits(undefined), onEnd)
      .catch(() => undefined)
      .then(link => {
        this.#isLinking = false
        if (link === undefined) this.#noLinkBefore = performance.now() + linkRetryMs
        else if (this.#isClosed) link.end(new Error('The client of the peer was closed'))
        else if (!link.isOver) this.#link = link
      })
  }
}
