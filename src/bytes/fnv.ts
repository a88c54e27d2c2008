import type { Hash64 } from './hash64.ts'

// The offset basis 0xcbf29ce484222325, and the low part of the prime 2^40 + 0x1b3.
const basisHi = 0xcbf29ce4 | 0
const basisLo = 0x84222325 | 0
const primeLo = 0x1b3

/** FNV-1 of 64 bits (Fowler, Noll, Vo): per byte first multiplied, then xor-ed. It is not FNV-1a. */
export function fnv1(bytes: Uint8Array): Hash64 {
  let hi = basisHi
  let lo = basisLo
  for (let i = 0; i < bytes.length; i++) {
    // lo * primeLo in two steps of 16 bits, so that every number stays a small integer.
    const low = (lo & 0xffff) * primeLo
    const high = (lo >>> 16) * primeLo + (low >>> 16)
    hi = (Math.imul(hi, primeLo) + (lo << 8) + (high >>> 16)) | 0
    lo = ((high << 16) | (low & 0xffff)) ^ bytes[i]!
  }
  return { hi: hi >>> 0, lo: lo >>> 0 }
}

/** {@link fnv1} of the bytes of an ASCII text without making them; `undefined` if it has other characters. */
export function fnv1OfAscii(text: string): Hash64 | undefined {
  let hi = basisHi
  let lo = basisLo
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return undefined
    const low = (lo & 0xffff) * primeLo
    const high = (lo >>> 16) * primeLo + (low >>> 16)
    hi = (Math.imul(hi, primeLo) + (lo << 8) + (high >>> 16)) | 0
    lo = ((high << 16) | (low & 0xffff)) ^ unit
  }
  return { hi: hi >>> 0, lo: lo >>> 0 }
}
