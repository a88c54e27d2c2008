import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import { checkGroupKey, checkGroupName, keyByteLength, keyFromBytes, keyToBytes } from '../../src/group/group-key.ts'

const thrown = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}
const isInvalid = (work: () => unknown): boolean => isCacheError(thrown(work), 'INVALID_KEY')

// Bytes with much UTF-8 and near-UTF-8 in them.
const pieces = [[0x61], [0xc3, 0xa9], [0xe6, 0x97, 0xa5], [0xf0, 0x9f, 0xa6, 0x94], [0xc0, 0x80], [0xed, 0xa0, 0x80]]
const more = [
  [0xf4, 0x90, 0x80, 0x80],
  [0xe0, 0x9f, 0xbf],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xff],
  [0x80],
  [0xe6],
  [0xf0, 0x9f],
  [0xef, 0xbb, 0xbf],
]
const bytesArb = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.array(fc.constantFrom(...pieces, ...more), { maxLength: 8 }).map(parts => Uint8Array.from(parts.flat())),
)

describe('keys as strings', () => {
  it('give the same bytes back, and different bytes are different strings', () => {
    fc.assert(
      fc.property(bytesArb, bytesArb, (a, b) => {
        expect(keyToBytes(keyFromBytes(a))).toEqual(a)
        expect(keyFromBytes(a) === keyFromBytes(b)).toBe(Buffer.compare(a, b) === 0)
      }),
      { numRuns: 1000 },
    )
  })

  it('are either refused or given back unchanged', () => {
    const unit = fc.constantFrom('a', 'é', '🦔', '\ud83e', '\udd94', '\udc80', '\udcc3', '\udca9', '\udcff', '\udc7f')
    const strings = fc.string({ unit, maxLength: 6 })
    fc.assert(
      fc.property(strings, key => {
        const bytes = thrown(() => keyToBytes(key))
        if (bytes instanceof Uint8Array) expect(keyFromBytes(bytes)).toBe(key)
        else expect(isCacheError(bytes, 'INVALID_KEY')).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('have the text of UTF-8, and a lone surrogate for any other byte', () => {
    expect(keyFromBytes(Uint8Array.of(0xe6, 0x97, 0xa5))).toBe('日')
    expect(keyFromBytes(Uint8Array.of(0x61, 0xff, 0xfe, 0x62))).toBe('a\udcff\udcfeb')
    expect(keyFromBytes(Uint8Array.of(0xe6, 0x97))).toBe('\udce6\udc97')
    expect(keyFromBytes(Uint8Array.of(0xed, 0xa0, 0x80))).toBe('\udced\udca0\udc80')
    expect(keyFromBytes(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa')
  })

  it('are refused where another string has their bytes, or no bytes are theirs', () => {
    for (const key of ['\udcc3\udca9', '\ud800', '\udc00', '\udc7f', '\udd00', 'a\udbff']) {
      expect(
        isInvalid(() => keyToBytes(key)),
        JSON.stringify(key),
      ).toBe(true)
    }
  })

  it('know their length', () => {
    fc.assert(
      fc.property(bytesArb, bytes => {
        expect(keyByteLength(keyFromBytes(bytes))).toBe(bytes.byteLength)
      }),
    )
  })
})

describe('checkGroupKey', () => {
  it('takes 1 to the limit of bytes', () => {
    for (const key of ['a', 'a'.repeat(9), 'é'.repeat(4), '日日日', '\udcff'.repeat(9)]) checkGroupKey(key, 9)
    for (const key of ['', 'a'.repeat(10), 'é'.repeat(5), '日日日日', '\udcff'.repeat(10), '\ud800']) {
      expect(
        isInvalid(() => checkGroupKey(key, 9)),
        JSON.stringify(key),
      ).toBe(true)
    }
    expect(() => checkGroupKey(5 as never)).toThrow(TypeError)
  })
})

describe('checkGroupName', () => {
  it('takes what can be one segment of a path', () => {
    for (const name of ['users', 'gr p&é', '...', '_', '日本']) checkGroupName(name)
    for (const name of ['', 'a/b', '/', '.', '..', '\udcff']) expect(() => checkGroupName(name)).toThrow(RangeError)
    expect(() => checkGroupName(undefined as never)).toThrow(TypeError)
  })
})
