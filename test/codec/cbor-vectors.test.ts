import { Decoder, Encoder } from 'cbor-x'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codecIds } from '../../src/codec/codec.ts'
import { decodeValue } from '../../src/codec/decode.ts'
import { encodeValue } from '../../src/codec/encode.ts'
import { assertExact, jsonValue } from './values.ts'

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

function decode(hex: string): unknown {
  return decodeValue(codecIds.cbor, fromHex(hex))
}

function encode(value: unknown): string {
  return Buffer.from(encodeValue(value, 'cbor', '').bytes).toString('hex')
}

// RFC 8949 appendix A. Where we write another form (every fraction in eight bytes), `written` is false.
const vectors: [hex: string, value: unknown, written?: false][] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['1bffffffffffffffff', 18446744073709551615n, false],
  ['c249010000000000000000', 18446744073709551616n],
  ['3bffffffffffffffff', -18446744073709551616n, false],
  ['c349010000000000000000', -18446744073709551617n],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['f90000', 0, false],
  ['f98000', -0],
  ['f93c00', 1, false],
  ['fb3ff199999999999a', 1.1],
  ['f93e00', 1.5, false],
  ['f97bff', 65504, false],
  ['fa47c35000', 100000, false],
  ['fa7f7fffff', (2 - 2 ** -23) * 2 ** 127, false],
  ['fb7e37e43c8800759c', 1e300],
  ['f90001', 2 ** -24, false],
  ['f90400', 0.00006103515625, false],
  ['f9c400', -4, false],
  ['fbc010666666666666', -4.1],
  ['f97c00', Number.POSITIVE_INFINITY],
  ['f97e00', Number.NaN],
  ['f9fc00', Number.NEGATIVE_INFINITY],
  ['fa7f800000', Number.POSITIVE_INFINITY, false],
  ['fb7ff8000000000000', Number.NaN, false],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['f7', undefined],
  ['c11a514b67b0', new Date(1363896240000)],
  ['c1fb41d452d9ec200000', new Date(1363896240500)],
  ['40', new Uint8Array()],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['63e6b0b4', '水'],
  ['64f0908591', '\u{10151}'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['98190102030405060708090a0b0c0d0e0f101112131415161718181819', Array.from({ length: 25 }, (_, i) => i + 1)],
  ['a0', {}],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['826161a161626163', ['a', { b: 'c' }]],
  ['a56161614161626142616361436164614461656145', { a: 'A', b: 'B', c: 'C', d: 'D', e: 'E' }],
]

// Ours, from docs/codecs.md.
const ours: [hex: string, value: unknown][] = [
  ['c240', 0n],
  ['c340', -1n],
  ['c24105', 5n],
  ['d90103a0', new Map()],
  ['d90103a1016161', new Map([[1, 'a']])],
  ['d90102820102', new Set([1, 2])],
  ['d9011143eda080', '\ud800'],
  ['d9011144edb08061', '\udc00a'],
  ['d8454401000200', Uint16Array.of(1, 2)],
  ['d8554400000040', Float32Array.of(2)],
  ['dac01d0001420102', Uint8Array.of(1, 2).buffer],
  ['dac01d0002420102', new DataView(Uint8Array.of(1, 2).buffer)],
  ['a1695f5f70726f746f5f5f01', JSON.parse('{"__proto__":1}')],
]

describe('CBOR', () => {
  it.each(vectors)('RFC 8949 appendix A: %s', (hex, value, written) => {
    assertExact(decode(hex), value)
    if (written !== false) expect(encode(value)).toBe(hex)
  })

  it.each(ours)('our profile: %s', (hex, value) => {
    expect(encode(value)).toBe(hex)
    assertExact(decode(hex), value)
  })

  // Well-formed or not: outside our profile.
  it.each([
    '',
    'ff',
    'f0',
    'f8ff',
    'f816',
    '1c',
    '5f42010243030405ff',
    '7f61ff',
    '9fff',
    'bfff',
    '1800',
    '190017',
    '1a0000ffff',
    '1b00000000ffffffff',
    '0000',
    '61ff',
    '62eda0',
    '63eda080',
    '62c080',
    'a10000',
    'a2616101616102',
    'd90102820101',
    'd90103a201010102',
    'c2420001',
    'c16130',
    'c1fb3f50624dd2f1a9fd',
    'c1f97e00',
    'c1f98000',
    'c1c100',
    'd81b8161',
    'd8604101',
    'd84543010203',
    'd9011141',
    'd901114161',
    'd9011146eda081edb080',
    'd9011143eda0',
    'c074323031332d30332d32315432303a30343a30305a',
    '9b7fffffffffffffff',
    '9bffffffffffffffff',
    '9affffffff',
    'ba00ffffff',
    '7a7fffffff',
    '5b001fffffffffffff',
    'c25a00000401',
    'd84643010203',
  ])('refuses %s', hex => {
    expect(() => decode(hex)).toThrow(expect.objectContaining({ name: 'CacheError', code: 'CORRUPT' }))
  })

  it('reads any date of whole milliseconds, centuries away too', () => {
    const time = fc.integer({ min: -8.64e15, max: 8.64e15 })
    fc.assert(fc.property(time, timeMs => assertExact(decode(encode(new Date(timeMs))), new Date(timeMs))))
  })

  it('cbor-x reads ours', () => {
    const theirs = new Decoder({ useRecords: false, mapsAsObjects: true, int64AsNumber: true } as object)
    fc.assert(
      fc.property(jsonValue, value => {
        const text = JSON.stringify(value)
        // What cbor-x renames or replaces is its own.
        fc.pre(!text.includes('__proto__') && !text.includes('\\ud'))
        assertExact(theirs.decode(encodeValue(value, 'cbor', '').bytes), value)
      }),
    )
    const rich = { d: new Date(1700000000123), m: new Map([[1, 'x']]), s: new Set(['a']), n: 12345678901234567890n }
    assertExact(theirs.decode(encodeValue(rich, 'cbor', '').bytes), rich)
    const arrays = [
      Uint16Array.of(1, 500),
      Float64Array.of(0.1),
      Int32Array.of(-1),
      undefined,
      Number.POSITIVE_INFINITY,
    ]
    assertExact(theirs.decode(encodeValue(arrays, 'cbor', '').bytes), arrays)
  })

  it('reads what cbor-x writes', () => {
    const theirs = new Encoder({ useRecords: false, variableMapSize: true })
    const values = [
      { a: [1, -1, 1.5, 'text', null, true], b: { c: 2 ** 40, d: 'ü'.repeat(50) } },
      [new Date(1700000000123), new Date(1700000000000), new Map([['k', 1]]), new Set([1, 'two'])],
      [Uint8Array.of(1, 2), Uint16Array.of(3), Float32Array.of(0.5), Float64Array.of(0.1), undefined, Number.NaN],
      [2n ** 100n, -(2n ** 70n), 2n ** 63n],
    ]
    for (const value of values) assertExact(decodeValue(codecIds.cbor, Uint8Array.from(theirs.encode(value))), value)
  })
})
