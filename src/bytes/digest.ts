import { CacheError } from '../errors.ts'
import { builtinModule } from './builtin-module.ts'

/** How many bytes of a SHA-256 the format keeps: 128 bits, so that a collision cannot be constructed in practice. */
export const digestBytes = 16

/**
 * The first 16 bytes of the SHA-256 of `bytes`. Synchronous where the platform has a synchronous hash (Node, Bun,
 * Deno), by Web Crypto elsewhere, which browsers offer to pages of https and localhost only (`UNAVAILABLE` otherwise).
 */
export function digest(bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
  const crypto = builtinModule<NodeCrypto>('node:crypto')
  if (crypto !== undefined) return crypto.createHash('sha256').update(bytes).digest().subarray(0, digestBytes)
  return webDigest(bytes)
}

async function webDigest(bytes: Uint8Array): Promise<Uint8Array> {
  const subtle = globalThis.crypto?.subtle
  if (subtle === undefined) throw new CacheError('UNAVAILABLE', 'Cannot verify bytes: the platform has no Web Crypto')
  const hash = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return new Uint8Array(hash, 0, digestBytes)
}

interface NodeHash {
  update(bytes: Uint8Array): NodeHash
  digest(): Uint8Array
}

interface NodeCrypto {
  createHash(name: string): NodeHash
}
