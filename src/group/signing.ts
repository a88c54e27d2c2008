import { fromHex, toHex } from '../bytes/hex.ts'
import { utf8Encode } from '../bytes/utf8.ts'

/** A secret that all nodes of a fleet share: at least 16 bytes, or a string of at least 16 bytes of UTF-8. */
export type Secret = string | Uint8Array

/** What of a request is signed. */
export interface SignedRequest {
  /** In upper case. */
  readonly method: string
  /** The request target as it is sent: path and query. */
  readonly target: string
  readonly body: Uint8Array
}

/** Options of {@link RequestSigner}. */
export interface RequestSignerOptions {
  /** How far a request's time may be from this clock, in milliseconds. @default 60_000 */
  readonly windowMs?: number | undefined
  /** The time in milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
  /** How many requests are remembered so that none is taken twice; one more is refused. @default 1_048_576 */
  readonly maxNonces?: number | undefined
}

/** Names of the headers that carry a signature (docs/PROTOCOL.md, "Signed requests"). */
export const signatureHeaders = {
  time: 'x-coldsnap-time',
  nonce: 'x-coldsnap-nonce',
  signature: 'x-coldsnap-signature',
} as const

const minSecretBytes = 16
const nonceBytes = 16

/**
 * Signs requests between nodes with HMAC-SHA-256 and checks such signatures, so that only who knows the secret is served.
 * Web Crypto only, for it is used under `fetch` as well as in Node.
 *
 * Several secrets are for rotation: the first signs, all are accepted.
 */
export class RequestSigner {
  readonly #keys: readonly SecretKey[]
  readonly #windowMs: number
  readonly #clock: () => number
  readonly #nonces: SeenNonces

  constructor(secrets: Secret | readonly Secret[], options: RequestSignerOptions = {}) {
    const list = Array.isArray(secrets) ? secrets : [secrets]
    if (list.length === 0) throw new RangeError('Option secret must have at least one secret')
    this.#keys = list.map(secret => new SecretKey(secret))
    const { windowMs = 60_000, clock = Date.now, maxNonces = 2 ** 20 } = options
    this.#windowMs = windowMs
    this.#clock = clock
    this.#nonces = new SeenNonces(maxNonces, 2 * windowMs)
  }

  /** The key that signs. */
  get key(): SecretKey {
    return this.#keys[0]!
  }

  /** The headers that sign a request. */
  async sign(request: SignedRequest): Promise<Record<string, string>> {
    const time = String(Math.floor(this.#clock()))
    const nonce = newNonce()
    const signature = await this.key.mac(await textToSign(request, time, nonce))
    return {
      [signatureHeaders.time]: time,
      [signatureHeaders.nonce]: nonce,
      [signatureHeaders.signature]: toHex(signature),
    }
  }

  /**
   * The key that signed the request, or `undefined` if none did, its time is outside the window, or it was seen before.
   * @param header gives a header of the request by its lower-case name
   */
  async verify(request: SignedRequest, header: (name: string) => string | undefined): Promise<SecretKey | undefined> {
    const time = header(signatureHeaders.time) ?? ''
    const nonce = header(signatureHeaders.nonce) ?? ''
    const signature = fromHex(header(signatureHeaders.signature) ?? '')
    if (!/^\d{1,15}$/.test(time) || !/^[0-9a-f]{32}$/.test(nonce) || signature?.byteLength !== 32) return undefined
    if (Math.abs(this.#clock() - Number(time)) > this.#windowMs) return undefined
    const text = await textToSign(request, time, nonce)
    for (const key of this.#keys) {
      if (!(await key.verify(text, signature))) continue
      // Only now: else anybody could fill the memory of nonces.
      return this.#nonces.add(nonce, this.#clock()) ? key : undefined
    }
    return undefined
  }
}

/** One shared secret as a key of HMAC-SHA-256. */
export class SecretKey {
  readonly #key: Promise<CryptoKey>

  constructor(secret: Secret) {
    if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
      throw new TypeError(
        `Option secret must be a string or bytes, received ${secret === null ? 'null' : typeof secret}`,
      )
    }
    const bytes = typeof secret === 'string' ? utf8Encode(secret) : secret.slice()
    if (bytes.byteLength < minSecretBytes) {
      throw new RangeError(`Option secret must have at least ${minSecretBytes} bytes, received ${bytes.byteLength}`)
    }
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    this.#key = crypto.subtle.importKey('raw', owned(bytes), algorithm, false, ['sign', 'verify'])
    // Whoever uses the key is told; this only keeps a failed import from being an unhandled rejection.
    this.#key.catch(() => {})
  }

  /** HMAC-SHA-256 of `text` in UTF-8. */
  async mac(text: string): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.sign('HMAC', await this.#key, owned(utf8Encode(text))))
  }

  /** Whether `mac` is that of `text`; takes as long for every wrong one. */
  async verify(text: string, mac: Uint8Array): Promise<boolean> {
    return await crypto.subtle.verify('HMAC', await this.#key, owned(mac), owned(utf8Encode(text)))
  }
}

/** A nonce: 32 digits of lower-case hex, from the platform's random source for secrets. */
export function newNonce(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(nonceBytes)))
}

async function textToSign(request: SignedRequest, time: string, nonce: string): Promise<string> {
  const bodyDigest = new Uint8Array(await crypto.subtle.digest('SHA-256', owned(request.body)))
  return ['coldsnap-request-1', request.method, request.target, toHex(bodyDigest), time, nonce].join('\n')
}

// Web Crypto's types refuse views of shared memory, which no bytes here are.
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}

// Nonces in two generations, so that forgetting costs no search: each is known for at least `keepMs`.
class SeenNonces {
  readonly #max: number
  readonly #keepMs: number
  #current = new Set<string>()
  #previous = new Set<string>()
  #rotateAtMs = Number.NEGATIVE_INFINITY

  constructor(max: number, keepMs: number) {
    this.#max = max
    this.#keepMs = keepMs
  }

  /** Whether the nonce is new and there is room to remember it. */
  add(nonce: string, nowMs: number): boolean {
    if (nowMs >= this.#rotateAtMs) {
      this.#previous = nowMs >= this.#rotateAtMs + this.#keepMs ? new Set() : this.#current
      this.#current = new Set()
      this.#rotateAtMs = nowMs + this.#keepMs
    }
    if (this.#current.has(nonce) || this.#previous.has(nonce)) return false
    if (this.#current.size + this.#previous.size >= this.#max) return false
    this.#current.add(nonce)
    return true
  }
}
