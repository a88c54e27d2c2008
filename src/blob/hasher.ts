import { sha256 } from '@noble/hashes/sha2.js'
import { toHex } from '../bytes/hex.ts'

/** SHA-256 of bytes that come in pieces. */
export class Hasher {
  readonly #state = sha256.create()

  /** Adds `bytes`, which the caller may reuse afterwards. */
  update(bytes: Uint8Array): void {
    this.#state.update(bytes)
  }

  /** The digest in lower-case hex: the etag of a blob. Ends the hasher. */
  hex(): string {
    return toHex(this.#state.digest())
  }
}

// Below, the way to another thread and back takes longer than the digest.
const asyncFromBytes = 64 * 1024

/** SHA-256 of `bytes` in lower-case hex, by Web Crypto where that is there and pays. The bytes must not change meanwhile. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = globalThis.crypto ?? {}
  // Pages of plain http have no `subtle`.
  if (subtle === undefined || bytes.byteLength < asyncFromBytes) return toHex(sha256(bytes))
  return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes)))
}
