/** An unsigned integer of 64 bits in two halves of 32: what hashes give where a BigInt would be too slow. */
export interface Hash64 {
  /** The upper 32 bits, from 0 to 2^32 - 1. */
  readonly hi: number
  /** The lower 32 bits, from 0 to 2^32 - 1. */
  readonly lo: number
}

/**
 * MurmurHash3's last step for 64 bits (A. Appleby, 2011): a permutation after which every bit depends on every bit of
 * `hash`.
 */
export function fmix64(hash: Hash64): Hash64 {
  let { hi, lo } = multiply(hash.hi, fold(hash.hi, hash.lo), 0xff51afd7, 0xed558ccd)
  const mixed = multiply(hi, fold(hi, lo), 0xc4ceb9fe, 0x1a85ec53)
  hi = mixed.hi
  lo = fold(hi, mixed.lo)
  return { hi, lo }
}

// The lower half of k ^ (k >>> 33); the upper half stays.
function fold(hi: number, lo: number): number {
  return (lo ^ (hi >>> 1)) >>> 0
}

// The product modulo 2^64.
function multiply(hi: number, lo: number, byHi: number, byLo: number): Hash64 {
  const cross = Math.imul(hi, byLo) + Math.imul(lo, byHi) + upperProduct(lo, byLo)
  return { hi: cross >>> 0, lo: Math.imul(lo, byLo) >>> 0 }
}

// The upper half of the product of two unsigned integers of 32 bits. No sum here passes 2^33.
function upperProduct(a: number, b: number): number {
  const aHigh = a >>> 16
  const aLow = a & 0xffff
  const bHigh = b >>> 16
  const bLow = b & 0xffff
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  return aHigh * bHigh + Math.floor(middle / 0x1_0000) + Math.floor(((middle & 0xffff) + aLow * bHigh) / 0x1_0000)
}
