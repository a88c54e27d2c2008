import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digest, digestBytes, murmur3 } from '../../src/bytes/digest.ts'
import { toHex } from '../../src/bytes/hex.ts'
import { utf8Encode } from '../../src/bytes/utf8.ts'

const hexOf = (text: string): string => toHex(digest(utf8Encode(text)))

describe('digest', () => {
  it('is MurmurHash3 of 128 bits for x86', () => {
    expect(hexOf('')).toBe('0'.repeat(32))
    // As words 2f1583c3 ecee2c67 5d7bf66c e5e91d2c, little-endian.
    expect(hexOf('The quick brown fox jumps over the lazy dog')).toBe('c383152f672ceeec6cf67b5d2c1de9e5')
  })

  it("has the verification value of the author's test suite (SMHasher), which covers every length of the tail", () => {
    const hashes = new Uint8Array(256 * digestBytes)
    const key = Uint8Array.from({ length: 256 }, (_, i) => i)
    for (let i = 0; i < 256; i++) hashes.set(murmur3(key.subarray(0, i), 256 - i), i * digestBytes)
    const verification = new DataView(murmur3(hashes, 0).buffer).getUint32(0, true)
    expect(verification.toString(16)).toBe('b3ece62a')
  })

  it('does not depend on where the bytes lie', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0, max: 7 }), (bytes, offset) => {
        const moved = new Uint8Array(offset + bytes.byteLength)
        moved.set(bytes, offset)
        expect(digest(moved.subarray(offset))).toEqual(digest(bytes))
        // Whose `slice` does not copy.
        expect(digest(Buffer.from(moved.buffer, offset))).toEqual(digest(bytes))
      }),
    )
  })

  it('tells every change within a block of 16 bytes', () => {
    const change = fc.record({
      bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }),
      at: fc.nat(),
      mask: fc.uint8Array({ minLength: 1, maxLength: 16 }).filter(mask => mask.some(byte => byte !== 0)),
    })
    fc.assert(
      fc.property(change, ({ bytes, at, mask }) => {
        const block = (at % bytes.byteLength) & ~15
        const other = bytes.map((byte, i) => byte ^ (mask[i - block] ?? 0))
        fc.pre(other.some((byte, i) => byte !== bytes[i]))
        expect(digest(other)).not.toEqual(digest(bytes))
      }),
    )
  })
})
