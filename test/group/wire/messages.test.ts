import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src/bytes/hex.ts'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { isCacheError } from '../../../src/errors.ts'
import { type Entry, entryFromWire, entryUntil } from '../../../src/group/entry.ts'
import {
  decodeGetResponse,
  decodeSetRequest,
  encodeGetResponse,
  encodeSetRequest,
} from '../../../src/group/wire/messages.ts'
import { anyText } from '../any-text.ts'
import { messageBytes } from './arbitrary-message.ts'
import { decodePlainly, lastBytes, lastInt64 } from './second-decoder.ts'

const entryOf = (text: string, expireNs = 0n): Entry => entryFromWire(utf8Encode(text), expireNs)
const bytesOf = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', ''))!
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const runs = { numRuns: 2000 }

function orCorrupt<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (isCacheError(error, 'CORRUPT')) return undefined
    throw error
  }
}

describe('GetResponse', () => {
  it('has the bytes of groupcache', () => {
    const hexOf = (entry: Entry): string => toHex(encodeGetResponse(entry))
    expect(hexOf(entryOf('val:alice'))).toBe('0a0976616c3a616c6963651800')
    expect(hexOf(entryOf(''))).toBe('0a001800')
    expect(hexOf(entryOf('v', 1700000000123456789n))).toBe('0a01761895 9a97ece39fe7cb17'.replace(' ', ''))
    expect(hexOf(entryOf('value', -1500000001n))).toBe('0a0576616c756518ffa1dfb4faffffffff01')
  })

  it('may lack everything, hold what is unknown, and say things twice', () => {
    expect(decodeGetResponse(new Uint8Array())).toEqual(entryOf(''))
    expect(decodeGetResponse(bytesOf('18 00'))).toEqual(entryOf(''))
    expect(decodeGetResponse(bytesOf('2a03010203 110000000000000040 0a0176 1805'))).toEqual(entryOf('v', 5n))
    expect(decodeGetResponse(bytesOf('1805 0a0161 0a0162 1807'))).toEqual(entryOf('b', 7n))
    // A varint that is longer than it must be, a field of another wire type, and groups within groups.
    expect(decodeGetResponse(bytesOf('18 8580 00 0801 1a0105 0b 0a0178 13 14 0c'))).toEqual(entryOf('', 5n))
  })

  it.each([
    ['truncated', '0a0901'],
    ['without a value', '0a'],
    ['with a varint that does not end', '18 ffffffffffffffffffff'],
    ['with a varint above 64 bits', '18 ffffffffffffffffff02'],
    ['with a length above 2^53', '0a ffffffffffffffff7f'],
    ['with field 0', '0000'],
    ['with a field number above 2^29 - 1', '8080808010 00'],
    ['with wire type 6', '0e'],
    ['with a group that does not end', '0b'],
    ['with a group that did not begin', '0c'],
    ['with groups that end across each other', '0b 13 0c 14'],
  ])('%s is CORRUPT', (_, hex) => {
    expect(orCorrupt(() => decodeGetResponse(bytesOf(hex)))).toBeUndefined()
    expect(decodePlainly(bytesOf(hex))).toBeUndefined()
  })

  it('refuses groups deeper than Go follows, and reads up to that', () => {
    const nested = (depth: number): Uint8Array => new Uint8Array(2 * depth).fill(0x0b, 0, depth).fill(0x0c, depth)
    expect(decodeGetResponse(nested(10_000))).toEqual(entryOf(''))
    expect(orCorrupt(() => decodeGetResponse(nested(10_001)))).toBeUndefined()
  })

  it('comes back as it was, and a second decoder reads the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), int64, (value, expireNs) => {
        const bytes = encodeGetResponse(entryFromWire(value, expireNs))
        expect(decodeGetResponse(bytes)).toEqual(entryFromWire(value, expireNs))
        expect(decodePlainly(bytes)).toEqual([
          { number: 1, value },
          { number: 3, value: BigInt.asUintN(64, expireNs) },
        ])
      }),
    )
  })

  it('of any bytes is what the second decoder reads, or CORRUPT', () => {
    fc.assert(
      fc.property(messageBytes, bytes => {
        const fields = decodePlainly(bytes)
        const wanted = fields && entryFromWire(lastBytes(fields, 1) ?? new Uint8Array(), lastInt64(fields, 3) ?? 0n)
        expect(orCorrupt(() => decodeGetResponse(bytes))).toEqual(wanted)
      }),
      runs,
    )
  })

  it('says the nearest instant that 64 bits of nanoseconds can', () => {
    const far = encodeGetResponse(entryUntil(new Uint8Array(), 8.64e15))
    expect(decodeGetResponse(far).expireNs).toBe(2n ** 63n - 1n)
    const old = encodeGetResponse(entryUntil(new Uint8Array(), -8.64e15))
    expect(decodeGetResponse(old).expireNs).toBe(-(2n ** 63n))
  })

  it('keeps no large buffer alive for a small value, and gives no Buffer', () => {
    const pool = Buffer.alloc(8192)
    const message = encodeGetResponse(entryOf('v'))
    pool.set(message, 100)
    const { value } = decodeGetResponse(pool.subarray(100, 100 + message.byteLength))
    expect(value.buffer.byteLength).toBe(1)
    expect(Buffer.isBuffer(decodeGetResponse(Buffer.from(encodeGetResponse(entryOf('v'.repeat(9000))))).value)).toBe(
      false,
    )
  })
})

describe('SetRequest', () => {
  it('has the bytes of groupcache', () => {
    const hex = toHex(encodeSetRequest('users', utf8Encode('alice'), entryOf('NEW')))
    expect(hex).toBe('0a0575736572731205616c6963651a034e45572000')
    expect(hex.length / 2).toBe(21)
    const expired = toHex(encodeSetRequest('users', utf8Encode('old'), entryOf('x', -1500000001n)))
    expect(expired).toBe('0a05757365727312036f6c641a017820ffa1dfb4faffffffff01')
  })

  it('needs a group and a key, though they may be empty', () => {
    for (const hex of ['', '0a0167', '12016b', '0a01671a0176']) {
      expect(
        orCorrupt(() => decodeSetRequest(bytesOf(hex))),
        hex,
      ).toBeUndefined()
    }
    const empty = decodeSetRequest(bytesOf('1200 0a00'))
    expect(empty).toEqual({ group: new Uint8Array(), key: new Uint8Array(), entry: entryOf('') })
  })

  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyText(), fc.uint8Array(), fc.uint8Array(), int64, (group, key, value, expireNs) => {
        const entry = entryFromWire(value, expireNs)
        const decoded = decodeSetRequest(encodeSetRequest(group, key, entry))
        expect(decoded).toEqual({ group: utf8Encode(group), key, entry })
      }),
    )
  })

  it('of any bytes is what the second decoder reads, or CORRUPT', () => {
    fc.assert(
      fc.property(messageBytes, bytes => {
        const fields = decodePlainly(bytes) ?? []
        const [group, key] = [lastBytes(fields, 1), lastBytes(fields, 2)]
        const entry = entryFromWire(lastBytes(fields, 3) ?? new Uint8Array(), lastInt64(fields, 4) ?? 0n)
        const wanted = group === undefined || key === undefined ? undefined : { group, key, entry }
        expect(orCorrupt(() => decodeSetRequest(bytes))).toEqual(wanted)
      }),
      runs,
    )
  })
})
