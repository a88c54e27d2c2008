import { md5 as other } from '@noble/hashes/legacy.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/bytes/hex.ts'
import { md5 } from '../../src/bytes/md5.ts'
import { utf8Encode } from '../../src/bytes/utf8.ts'

describe('md5', () => {
  it.each([
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
    ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
    ['1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'],
  ])('is that of RFC 1321 for "%s"', (text, digest) => {
    expect(toHex(md5(utf8Encode(text)))).toBe(digest)
  })

  it('is that of another implementation, at every length around the end of a block and at random', () => {
    for (let size = 0; size <= 200; size++) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => i * 37)
      expect(md5(bytes)).toEqual(other(bytes))
    }
    const property = fc.property(fc.uint8Array({ maxLength: 1000 }), bytes => {
      expect(md5(bytes)).toEqual(other(bytes))
    })
    fc.assert(property)
  })
})
