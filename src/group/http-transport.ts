import { abortable, abortedBy } from '../core/abortable.ts'
import { checkInteger, checkOneOf, checkOptionNames, checkSignal } from '../core/check.ts'
import { CacheError, isCacheError } from '../errors.ts'
import type { Entry } from './entry.ts'
import {
  type HttpClientOptions,
  type HttpClientSettings,
  httpClientOptionNames,
  resolveHttpClientOptions,
} from './http-client-options.ts'
import { type ExchangeRequest, HttpPeer } from './http-peer.ts'
import { parsePeerAddress } from './peer-address.ts'
import type { PeerAnswer, PeerCallOptions } from './peer-service.ts'
import { readCapped } from './read-capped.ts'
import { Refusal } from './refusal.ts'
import type { Peer, Transport } from './transport.ts'
import type { HttpAnswer } from './wire/http-message.ts'

/** Options of {@link httpTransport}. */
export interface HttpTransportOptions extends HttpClientOptions {
  /** The scheme for peers named `host:port`. @default 'http' */
  readonly scheme?: 'http' | 'https' | undefined
  /** Calls to one peer at once; one more is refused. @default 1_000 */
  readonly maxCalls?: number | undefined
  /** What is called in place of the platform's `fetch`. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
}

const optionNames = [...httpClientOptionNames, 'scheme', 'maxCalls', 'fetch'] as const

type Fetch = NonNullable<HttpTransportOptions['fetch']>

interface Parts extends HttpClientSettings {
  readonly fetch: Fetch
  readonly maxCalls: number
}

/**
 * Reaches peers by `fetch`, wherever that is: browsers, Workers, Deno, Bun, Node. A redirect is a failure, every call has
 * a deadline and a byte cap. The keys `.` and `..` cannot be sent, for `fetch` takes them for parts of a path: such
 * calls reject with `PEER_FAILED`, so a get loads here. In Node, `nodeTransport` is faster and sends every key.
 */
export function httpTransport(options: HttpTransportOptions = {}): Transport {
  checkOptionNames(options, optionNames)
  const { scheme = 'http', maxCalls = 1_000 } = options
  checkOneOf('scheme', scheme, ['http', 'https'])
  checkInteger('maxCalls', maxCalls, 1)
  const settings = resolveHttpClientOptions(options)
  // Called late, so that who replaces the global one is heard; as a plain function, as browsers want it.
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const parts = { ...settings, fetch, maxCalls }
  return { connect: address => new FetchPeer(address, parsePeerAddress(address, scheme === 'https').origin, parts) }
}

class FetchPeer implements Peer {
  readonly address: string
  readonly #origin: string
  readonly #parts: Parts
  readonly #http: HttpPeer
  // What ends the calls under way; not one signal for all, which platforms take for a leak of listeners.
  readonly #running = new Set<AbortController>()
  #isClosed = false

  constructor(address: string, origin: string, parts: Parts) {
    this.address = address
    this.#origin = origin
    this.#parts = parts
    const exchange = (request: ExchangeRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> =>
      this.#exchange(request, signal)
    this.#http = new HttpPeer({ rules: parts.rules, signer: parts.signer, exchange })
  }

  get(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<PeerAnswer> {
    return this.#http.get(group, key, options)
  }

  getMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<readonly PeerAnswer[]> {
    return this.#http.getMany(group, keys, options)
  }

  set(group: string, key: Uint8Array, entry: Entry, options?: PeerCallOptions): Promise<void> {
    return this.#http.set(group, key, entry, options)
  }

  remove(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<void> {
    return this.#http.remove(group, key, options)
  }

  removeMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<void> {
    return this.#http.removeMany(group, keys, options)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const end of this.#running) end.abort(closed())
  }

  async #exchange(request: ExchangeRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    checkSignal(signal)
    if (this.#isClosed) throw closed()
    if (this.#running.size >= this.#parts.maxCalls) {
      throw new CacheError('PEER_FAILED', `Cannot call a peer: ${this.#running.size} calls to it are under way`)
    }
    const end = new AbortController()
    this.#running.add(end)
    try {
      return await this.#fetch(request, signal, end)
    } finally {
      this.#running.delete(end)
    }
  }

  async #fetch(request: ExchangeRequest, signal: AbortSignal | undefined, end: AbortController): Promise<HttpAnswer> {
    const { timeoutMs } = this.#parts
    const url = this.#origin + request.target
    if (new URL(url).pathname !== request.target) {
      const cause = new Refusal('fetch would change the path of the key')
      throw new CacheError('PEER_FAILED', 'Cannot ask a peer', { cause })
    }
    const timedOut = new CacheError('TIMEOUT', `A peer did not answer in ${timeoutMs} ms`)
    const timer = setTimeout(() => end.abort(timedOut), timeoutMs)
    const forward = (): void => end.abort(abortedBy(signal))
    signal?.addEventListener('abort', forward, { once: true })
    try {
      // Not every `fetch` heeds its signal in every state.
      return await abortable(this.#read(url, request, end.signal), end.signal)
    } catch (cause) {
      if (end.signal.aborted) throw end.signal.reason
      if (isCacheError(cause)) throw cause
      throw new CacheError('PEER_FAILED', 'Cannot get an answer of a peer', { cause })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', forward)
      // Lets go of whatever of the answer was not read.
      end.abort()
    }
  }

  async #read(url: string, { method, headers, body }: ExchangeRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const hasBody = method === 'PUT' || method === 'POST'
    const response = await this.#parts.fetch(url, {
      method,
      headers,
      signal,
      ...(hasBody ? { body: body as Uint8Array<ArrayBuffer> } : {}),
      redirect: 'manual',
      cache: 'no-store',
      credentials: 'omit',
    })
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      throw new CacheError('PEER_FAILED', 'Cannot get an answer of a peer', { cause: new Refusal('it redirects') })
    }
    const { maxAnswerBytes } = this.#parts
    const isTooLarge = Number(response.headers.get('content-length') ?? 0) > maxAnswerBytes
    const answer = isTooLarge ? undefined : await readCapped(response.body, maxAnswerBytes)
    if (answer === undefined)
      throw new CacheError('PEER_FAILED', `A peer's answer has more than ${maxAnswerBytes} bytes`)
    return { status: response.status, headers: Object.fromEntries(response.headers), body: answer }
  }
}

function closed(): CacheError {
  return new CacheError('PEER_FAILED', 'The client of the peer was closed')
}
