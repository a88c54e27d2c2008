import type { Entry } from './entry.ts'
import { inParallel } from './in-parallel.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from './peer-service.ts'
import type { RequestSigner } from './signing.ts'
import { concludeChange, concludeGet, concludeGetMany, concludeRemoveMany, isOurs } from './wire/conclude.ts'
import type { HttpAnswer, PeerRequest } from './wire/http-message.ts'
import { maxManyKeys } from './wire/many-get.ts'
import { getManyRequest, getRequest, removeManyRequests, removeRequest, setRequest } from './wire/peer-requests.ts'
import type { PathRules } from './wire/target.ts'

/** A request as a client sends it. */
export interface ExchangeRequest {
  readonly method: PeerRequest['method']
  /** The request target: sent as it is. */
  readonly target: string
  /** By lower-case name, without those of the connection and the body's length. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Makes one request and reads its answer whole, within limits. Rejects with `TIMEOUT`, `ABORTED` or `PEER_FAILED`. */
export type Exchange = (request: ExchangeRequest, signal: AbortSignal | undefined) => Promise<HttpAnswer>

/** What an {@link HttpPeer} is made of. */
export interface HttpPeerParts {
  readonly rules: PathRules
  readonly signer: RequestSigner | undefined
  readonly exchange: Exchange
}

const noBody = new Uint8Array()

/** The calls to a peer as HTTP requests. What it sends them by is passed in. */
export class HttpPeer implements PeerService {
  readonly #parts: HttpPeerParts
  // Whether the last answer came from a node of ours; unknown before the first.
  #isOurs: boolean | undefined

  constructor(parts: HttpPeerParts) {
    this.#parts = parts
  }

  async get(group: string, key: Uint8Array, { signal }: PeerCallOptions = {}): Promise<PeerAnswer> {
    return concludeGet(await this.#send(getRequest(this.#parts.rules, group, key), signal))
  }

  async set(group: string, key: Uint8Array, entry: Entry, { signal }: PeerCallOptions = {}): Promise<void> {
    concludeChange(await this.#send(setRequest(this.#parts.rules, group, key, entry), signal))
  }

  async remove(group: string, key: Uint8Array, { signal }: PeerCallOptions = {}): Promise<void> {
    concludeChange(await this.#send(removeRequest(this.#parts.rules, group, key), signal))
  }

  async removeMany(group: string, keys: readonly Uint8Array[], { signal }: PeerCallOptions = {}): Promise<void> {
    const { atOnce, keysAtOnce, single } = removeManyRequests(this.#parts.rules, group, keys)
    const requests = [...single]
    if (atOnce !== undefined && !concludeRemoveMany(await this.#send(atOnce, signal))) {
      for (const key of keysAtOnce) requests.push(removeRequest(this.#parts.rules, group, key))
    }
    await inParallel(requests, async request => concludeChange(await this.#send(request, signal)))
  }

  /** One request for up to 10,000 keys to a node of ours; to others, which is found out once, one for each key. */
  async getMany(
    group: string,
    keys: readonly Uint8Array[],
    { signal }: PeerCallOptions = {},
  ): Promise<readonly PeerAnswer[]> {
    const answers: (PeerAnswer | undefined)[] = []
    for (let at = 0; at < keys.length; at += maxManyKeys) {
      answers.push(...(await this.#getSome(group, keys.slice(at, at + maxManyKeys), signal)))
    }
    return await inParallel(answers, async (answer, i) => answer ?? (await this.get(group, keys[i]!, { signal })))
  }

  async #getSome(
    group: string,
    keys: readonly Uint8Array[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (PeerAnswer | undefined)[]> {
    const nothing = new Array<PeerAnswer | undefined>(keys.length).fill(undefined)
    if (this.#isOurs === false) return nothing
    const answer = await this.#send(getManyRequest(this.#parts.rules, group, keys), signal)
    return concludeGetMany(answer, keys.length) ?? nothing
  }

  async #send({ method, target, body = noBody }: PeerRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const signature = await this.#parts.signer?.sign({ method, target, body })
    const answer = await this.#parts.exchange({ method, target, headers: signature ?? {}, body }, signal)
    this.#isOurs = isOurs(answer)
    return answer
  }
}
