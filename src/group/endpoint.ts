import { utf8Encode } from '../bytes/utf8.ts'
import { checkInteger, checkOneOf, checkOptionNames } from '../core/check.ts'
import type { PeerService } from './peer-service.ts'
import { RequestSigner, type Secret, type SecretKey, type SignedRequest } from './signing.ts'
import { answerRequest } from './wire/answer-request.ts'
import { errorType, type HttpAnswer, markHeader, markVersion } from './wire/http-message.ts'
import { checkBasePath, defaultBasePath, type PathRules } from './wire/target.ts'

/** Options of everything that answers HTTP requests of peers. */
export interface EndpointOptions extends PathRules {
  /**
   * What all nodes share: requests that are not signed with it get 401. Several are for rotation; the first signs.
   * Go nodes do not sign, so a fleet with them has none. @default none, every request is answered
   */
  readonly secret?: Secret | readonly Secret[] | undefined
  /** How far the time of a signed request may be from this node's, in milliseconds. @default 60_000 */
  readonly replayWindowMs?: number | undefined
  /** The largest body and frame; above it 413. @default 65 MiB */
  readonly maxBodyBytes?: number | undefined
  /** Requests answered at once; above it 429, and the peer then loads itself. @default 1024 */
  readonly maxConcurrentRequests?: number | undefined
  /** The time in milliseconds since 1970, for signatures. @default Date.now */
  readonly clock?: (() => number) | undefined
}

/** The names of {@link EndpointOptions}. */
export const endpointOptionNames = [
  'basePath',
  'escaping',
  'secret',
  'replayWindowMs',
  'maxBodyBytes',
  'maxConcurrentRequests',
  'clock',
] as const

/** The largest value by default, and what is around it in a message. */
export const defaultMaxBodyBytes: number = 65 * 1024 * 1024

/** Gives a header by its lower-case name. */
export type HeaderOf = (name: string) => string | undefined

/** A request whose body is not read yet. */
export interface EndpointRequest {
  /** In upper case. */
  readonly method: string
  readonly target: string
  readonly header: HeaderOf
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
  /** Gives the body, or `undefined` if that is too large. */
  read(): Promise<Uint8Array | undefined>
}

/** What all ways of answering HTTP have in common: paths, signatures, limits. */
export class Endpoint {
  readonly service: PeerService
  readonly basePath: string
  readonly maxBodyBytes: number
  readonly #rules: PathRules
  readonly #signer: RequestSigner | undefined
  readonly #maxConcurrent: number
  #running = 0

  constructor(node: { readonly service: PeerService }, options: EndpointOptions) {
    checkOptionNames(options, endpointOptionNames)
    const { secret, basePath = defaultBasePath, escaping = 'path', replayWindowMs = 60_000 } = options
    const { maxBodyBytes = defaultMaxBodyBytes, maxConcurrentRequests = 1024 } = options
    checkBasePath(basePath)
    checkOneOf('escaping', escaping, ['path', 'query'])
    checkInteger('replayWindowMs', replayWindowMs, 1)
    checkInteger('maxBodyBytes', maxBodyBytes, 1)
    checkInteger('maxConcurrentRequests', maxConcurrentRequests, 1)
    this.service = node.service
    this.basePath = basePath
    this.maxBodyBytes = maxBodyBytes
    this.#rules = { basePath, escaping }
    this.#maxConcurrent = maxConcurrentRequests
    const signing = { windowMs: replayWindowMs, clock: options.clock }
    this.#signer = secret === undefined ? undefined : new RequestSigner(secret, signing)
  }

  /** Whether a request target is for this endpoint. */
  covers(target: string): boolean {
    return target.startsWith(this.basePath)
  }

  /** Whether requests must be signed. */
  get isSigned(): boolean {
    return this.#signer !== undefined
  }

  /** The key that signed a request; `undefined` if none did, or none must. */
  async signerOf(request: SignedRequest, header: HeaderOf): Promise<SecretKey | undefined> {
    return await this.#signer?.verify(request, header)
  }

  /** Answers one request. Rejects only if its body cannot be read: then there is nobody to answer. */
  async answer(request: EndpointRequest): Promise<HttpAnswer> {
    if (this.#running >= this.#maxConcurrent) return plainAnswer(429, 'too many requests')
    this.#running++
    try {
      return await this.#answer(request)
    } finally {
      this.#running--
    }
  }

  async #answer({ method, target, header, signal, read }: EndpointRequest): Promise<HttpAnswer> {
    const length = Number(header('content-length') ?? 0)
    const hasBody = length > 0 || header('transfer-encoding') !== undefined
    if (!(length <= this.maxBodyBytes)) return plainAnswer(413, 'request body is too large')
    // Where proxies disagree about such bodies, one request can be smuggled in another.
    if (hasBody && (method === 'GET' || method === 'DELETE')) return plainAnswer(400, 'bad request')
    const body = method === 'PUT' || method === 'POST' ? await read() : new Uint8Array()
    if (body === undefined) return plainAnswer(413, 'request body is too large')
    if (this.isSigned && (await this.signerOf({ method, target, body }, header)) === undefined) {
      return plainAnswer(401, 'request is not signed as it must be')
    }
    return await answerRequest(this.service, { ...this.#rules, method, target, body, signal })
  }
}

/** A refusal, in the form of Go's errors. */
export function plainAnswer(status: number, message: string): HttpAnswer {
  const headers = { 'content-type': errorType, 'x-content-type-options': 'nosniff', [markHeader]: markVersion }
  return { status, headers, body: utf8Encode(`${message}\n`) }
}

/** For a path that is not this endpoint's: without our mark, for it says nothing about a key. */
export function notFoundAnswer(): HttpAnswer {
  const { status, body } = plainAnswer(404, '404 page not found')
  return { status, headers: { 'content-type': errorType, 'x-content-type-options': 'nosniff' }, body }
}
