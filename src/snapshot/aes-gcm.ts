import { isWellFormed, utf8Encode } from '../bytes/utf8.ts'
import { type CodecName, codecNames } from '../codec/codec.ts'
import { checkBoolean, checkOneOf } from '../core/check.ts'
import { CacheError } from '../errors.ts'

/** One key of {@link aesGcm}. */
export interface AesGcmKey {
  /** Names the key in what is stored: 1 to 255 bytes of UTF-8, not secret. */
  readonly id: string
  /** 16, 24 or 32 random bytes, or an AES-GCM CryptoKey that may encrypt and decrypt. */
  readonly key: Uint8Array | CryptoKey
}

/** Options of {@link aesGcm}. */
export interface AesGcmOptions {
  /**
   * Whether a snapshot that is not encrypted is read (and written anew, encrypted, by the next `store()`). For the
   * first release with encryption; later it would let whoever can write the disk plant a snapshot. @default false
   */
  readonly acceptPlain?: boolean
}

/** What seals and opens stored bytes. */
export interface Cipher {
  /** The id of the key that seals. */
  readonly keyId: string
  /** Whether a snapshot that is not sealed is read. */
  readonly acceptPlain: boolean
  /** The same, sealing with the key of that id. Throws `DECRYPT_FAILED` if it has no such key. */
  withKey(keyId: string): Cipher
  /** Encrypts and authenticates `plain`, and authenticates `aad`, under a new random nonce. */
  seal(plain: Uint8Array, aad: Uint8Array): Promise<{ nonce: Uint8Array; bytes: Uint8Array }>
  /** What was sealed under that key; `DECRYPT_FAILED` if a bit of it, of `nonce` or of `aad` is another. */
  open(keyId: string, nonce: Uint8Array, bytes: Uint8Array, aad: Uint8Array): Promise<Uint8Array>
}

/** A codec whose bytes are encrypted at rest; made by {@link aesGcm}. */
export interface SealedCodec {
  /** How values become the bytes that are sealed. */
  readonly codec: CodecName
  /** Seals them. */
  readonly cipher: Cipher
}

/** Bytes of the nonce that Web Crypto draws at random for every segment and head. */
export const nonceBytes = 12

/** Bytes that AES-GCM adds to what it seals. */
export const tagBytes = 16

/**
 * Encrypts what `codec` writes with AES-GCM. The first key writes, all of them read: to rotate, put a new key in front,
 * and the next `store()` writes everything anew under it. The store key (name, column, generation) is bound in, so that
 * sealed bytes moved elsewhere do not open. Column names, sizes and times are not hidden.
 * Nonces are random: rotate before 2^32 writes under one key (NIST SP 800-38D).
 */
export function aesGcm(codec: CodecName, keys: readonly AesGcmKey[], options: AesGcmOptions = {}): SealedCodec {
  checkOneOf('codec', codec, codecNames)
  const { acceptPlain = false } = options
  checkBoolean('acceptPlain', acceptPlain)
  const imported = new Map<string, Promise<CryptoKey>>()
  for (const { id, key } of keys) {
    if (typeof id !== 'string' || !isWellFormed(id)) throw new TypeError('The id of a key must be a well-formed string')
    const length = utf8Encode(id).byteLength
    if (length < 1 || length > 255) throw new RangeError(`The id of a key must be 1 to 255 bytes, received ${length}`)
    if (imported.has(id)) throw new TypeError(`Two keys have the id ${id}`)
    imported.set(id, importKey(key))
  }
  const first = keys[0]
  if (first === undefined) throw new TypeError('aesGcm() takes at least one key')
  return { codec, cipher: new AesGcmCipher(first.id, imported, acceptPlain) }
}

class AesGcmCipher implements Cipher {
  readonly keyId: string
  readonly acceptPlain: boolean
  readonly #keys: ReadonlyMap<string, Promise<CryptoKey>>

  constructor(keyId: string, keys: ReadonlyMap<string, Promise<CryptoKey>>, acceptPlain: boolean) {
    this.keyId = keyId
    this.acceptPlain = acceptPlain
    this.#keys = keys
  }

  withKey(keyId: string): Cipher {
    if (!this.#keys.has(keyId)) throw new CacheError('DECRYPT_FAILED', `Cannot encrypt: no key has the id ${keyId}`)
    return new AesGcmCipher(keyId, this.#keys, this.acceptPlain)
  }

  async seal(plain: Uint8Array, aad: Uint8Array): Promise<{ nonce: Uint8Array; bytes: Uint8Array }> {
    const key = await this.#keys.get(this.keyId)!
    const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
    const bytes = await crypto.subtle.encrypt(parameters(nonce, aad), key, plain as Uint8Array<ArrayBuffer>)
    return { nonce, bytes: new Uint8Array(bytes) }
  }

  async open(keyId: string, nonce: Uint8Array, bytes: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    const key = await this.#keys.get(keyId)
    if (key === undefined) throw new CacheError('DECRYPT_FAILED', `Cannot decrypt: no key has the id ${keyId}`)
    try {
      const plain = await crypto.subtle.decrypt(parameters(nonce, aad), key, bytes as Uint8Array<ArrayBuffer>)
      return new Uint8Array(plain)
    } catch (cause) {
      throw new CacheError('DECRYPT_FAILED', `Cannot decrypt with the key ${keyId}: wrong key, or changed bytes`, {
        cause,
      })
    }
  }
}

function parameters(nonce: Uint8Array, aad: Uint8Array): AesGcmParams {
  return {
    name: 'AES-GCM',
    iv: nonce as Uint8Array<ArrayBuffer>,
    additionalData: aad as Uint8Array<ArrayBuffer>,
    tagLength: 8 * tagBytes,
  }
}

function importKey(key: Uint8Array | CryptoKey): Promise<CryptoKey> {
  if (!(key instanceof Uint8Array)) {
    if (typeof key !== 'object' || key === null || key.algorithm?.name !== 'AES-GCM') {
      throw new TypeError('A key must be bytes or an AES-GCM CryptoKey')
    }
    return Promise.resolve(key)
  }
  if (![16, 24, 32].includes(key.byteLength)) {
    throw new RangeError(`A key must be 16, 24 or 32 bytes, received ${key.byteLength}`)
  }
  const usages: KeyUsage[] = ['encrypt', 'decrypt']
  const promise = globalThis.crypto.subtle.importKey('raw', key as Uint8Array<ArrayBuffer>, 'AES-GCM', false, usages)
  // Whoever uses the key sees the failure; without this line an unused key would end the process.
  promise.catch(() => undefined)
  return promise
}
