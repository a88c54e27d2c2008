/// <reference types="node" />

import { sha256 } from '@noble/hashes/sha2.js'
import { builtinModule } from '../bytes/builtin-module.ts'
import { toHex } from '../bytes/hex.ts'

interface HashState {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

/** SHA-256 of bytes that come in pieces. */
export class Hasher {
  readonly #state: HashState = begin()

  /** Adds `bytes`, which the caller may reuse afterwards. */
  update(bytes: Uint8Array): void {
    this.#state.update(bytes)
  }

  /** The digest in lower-case hex: the etag of a blob. Ends the hasher. */
  hex(): string {
    return toHex(this.#state.digest())
  }
}

// Web Crypto takes no pieces. What Node has is twenty times faster than what can be written in JavaScript.
function begin(): HashState {
  const crypto = builtinModule<typeof import('node:crypto')>('node:crypto')
  return crypto === undefined ? sha256.create() : crypto.createHash('sha256')
}

// Below, the way to another thread and back takes longer than the digest.
const asyncFromBytes = 256 * 1024

/** SHA-256 of `bytes` in lower-case hex, by Web Crypto where that is there and pays. The bytes must not change meanwhile. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = globalThis.crypto ?? {}
  // Pages of plain http have no `subtle`.
  if (subtle !== undefined && bytes.byteLength >= asyncFromBytes) {
    return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes)))
  }
  const hasher = new Hasher()
  hasher.update(bytes)
  return hasher.hex()
}
