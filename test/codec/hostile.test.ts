import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { decodeElements, decodeValue } from '../../src/codec/decode.ts'
import { encodeElements, encodeValue } from '../../src/codec/encode.ts'
import { decodePage } from '../../src/codec/page-decode.ts'
import { encodePage } from '../../src/codec/page-encode.ts'
import { columnTags, maxCells } from '../../src/codec/page-format.ts'
import { isCacheError } from '../../src/errors.ts'
import { netmapState } from '../helpers/netmap-state.ts'
import { elementsOf, richValue } from './values.ts'

// Whatever the bytes are: a value, or CORRUPT; and no prototype is touched.
function survive(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    if (!isCacheError(error, 'CORRUPT')) throw error
  }
  if (Reflect.ownKeys(Object.prototype).length !== ownKeysBefore) throw new Error('A prototype was changed')
}

const ownKeysBefore = Reflect.ownKeys(Object.prototype).length

function refuses(decode: () => unknown): void {
  expect(decode).toThrow(expect.objectContaining({ name: 'CacheError', code: 'CORRUPT' }))
}

const mutation = fc.array(fc.tuple(fc.nat(), fc.nat(0xff)), { minLength: 1, maxLength: 4 })

function mutate(bytes: Uint8Array, changes: readonly [number, number][], cut: number): Uint8Array {
  const copy = bytes.slice()
  for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value
  return cut % 4 === 0 ? copy.subarray(0, cut % (copy.length + 1)) : copy
}

describe('decoders take any bytes', () => {
  it('arbitrary bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: -1, max: 5 }),
        fc.nat(40),
        (bytes, codec, count) => {
          survive(() => decodeValue(codec, bytes))
          survive(() => decodeElements(codec, bytes, count))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('arbitrary columns behind a valid page head', () => {
    const column = fc.array(fc.oneof(fc.nat(15), fc.constantFrom(0x85, 0x86), fc.nat(0xff)), { maxLength: 60 })
    fc.assert(
      fc.property(column, fc.nat(20), (columns, count) => {
        survive(() => decodePage(Uint8Array.from([count, 8, 4, ...Buffer.from('__proto__ab'), 0, ...columns]), count))
      }),
      { numRuns: 5000 },
    )
  })

  it('mutated encodings of values', () => {
    fc.assert(
      fc.property(richValue, mutation, fc.nat(), (value, changes, cut) => {
        const { codec, bytes } = encodeValue(value, 'auto', '')
        survive(() => decodeValue(codec, mutate(bytes, changes, cut)))
      }),
      { numRuns: 1000 },
    )
  })

  it('mutated pages', () => {
    fc.assert(
      fc.property(elementsOf(richValue), mutation, fc.nat(), (values, changes, cut) => {
        survive(() => decodePage(mutate(encodePage(values, '').bytes, changes, cut), values.length))
      }),
      { numRuns: 1000 },
    )
    const { Peers } = netmapState(4)
    const page = encodePage(Peers, '').bytes
    for (let at = 0; at < page.length; at++) {
      for (const flip of [1, 0x80]) {
        const copy = page.slice()
        copy[at]! ^= flip
        survive(() => decodePage(copy, Peers.length))
      }
    }
    for (let end = 0; end < page.length; end++) refuses(() => decodePage(page.subarray(0, end), Peers.length))
    refuses(() => decodePage(Uint8Array.from([...page, 0]), Peers.length))
  })

  it('every other count, and unknown codecs', () => {
    const values = [{ a: 1 }, { a: 2 }]
    for (const codec of ['json', 'cbor'] as const) {
      const encoded = encodeElements(values, codec, '')
      for (const count of [0, 1, 3]) refuses(() => decodeElements(encoded.codec, encoded.bytes, count))
    }
    const page = encodePage(values, '').bytes
    for (const count of [0, 1, 3, 2 ** 40, -1, Number.NaN]) refuses(() => decodeElements(3, page, count))
    for (const codec of [0, 4, -1, 256, Number.NaN]) {
      refuses(() => decodeValue(codec, page))
      refuses(() => decodeElements(codec, page, 2))
    }
    refuses(() => decodeValue(3, page))
    refuses(() => decodeElements(1, new TextEncoder().encode('{"length":2}'), 2))
    for (const text of ['', '{', '[1,]', '\ufeff1', 'nul', '1 2'])
      refuses(() => decodeValue(1, new TextEncoder().encode(text)))
    refuses(() => decodeValue(1, Uint8Array.from([0x22, 0xff, 0x22])))
  })
})

// Each would cost gigabytes or minutes in a decoder that trusts it.
describe('bombs', () => {
  const hugeCounts = [0x9a, 0xba, 0x7a, 0x5a].map(head => Uint8Array.from([head, 0x7f, 0xff, 0xff, 0xff]))

  it('counts and lengths beyond the bytes', () => {
    for (const bytes of hugeCounts) refuses(() => decodeValue(2, bytes))
    refuses(() => decodeValue(2, Uint8Array.from([0xd9, 1, 2, 0x9a, 0x7f, 0xff, 0xff, 0xff])))
    refuses(() => decodeElements(2, hugeCounts[0]!, 0x7fffffff))
  })

  it('nesting of a million levels', () => {
    for (const head of [[0x81], [0xa1, 0x60], [0xc1], [0xd9, 1, 2, 0x81], [0xd9, 1, 3, 0xa1]]) {
      const bytes = new Uint8Array(head.length * 1_000_000)
      for (let i = 0; i < bytes.length; i++) bytes[i] = head[i % head.length]!
      refuses(() => decodeValue(2, bytes))
    }
    for (const tag of [columnTags.arrays, columnTags.mixed, columnTags.runs]) {
      const bytes = new Uint8Array(1_000_003).fill(tag)
      bytes.set([1, 0, 0])
      refuses(() => decodePage(bytes, 1))
    }
  })

  it('a bigint of a megabyte', () => {
    const bytes = new Uint8Array(1_000_006).fill(0xff)
    bytes.set([0xc2, 0x5a, 0, 0x0f, 0x42, 0x40])
    refuses(() => decodeValue(2, bytes))
  })

  it('rows without bytes, once or multiplied by nesting', () => {
    refuses(() => decodePage(Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x10, 0, 0, 0]), 2 ** 32))
    // One row: an array of 2^32 - 1 nulls.
    const lengths = [0xff, 0xff, 0xff, 0xff, 0x0f, 0]
    refuses(() => decodePage(Uint8Array.from([1, 0, 0, columnTags.arrays, ...lengths, columnTags.null]), 1))
    // 60 rows per row, six times over.
    const level = [columnTags.arrays, 60, 0]
    refuses(() =>
      decodePage(Uint8Array.from([60, 0, 0, ...[1, 2, 3, 4, 5, 6].flatMap(() => level), columnTags.null]), 60),
    )
    // Objects with many columns that have no bytes: 500 keys of one shape at 500 rows.
    const keys = Array.from({ length: 500 }, (_, i) => `k${i}`)
    const wide = Array.from({ length: 500 }, () => Object.fromEntries(keys.map(key => [key, null])))
    const page = encodePage(wide, '').bytes
    expect(page.byteLength).toBeGreaterThan(200_000 / 4)
    expect(maxCells(page.byteLength, 500)).toBeGreaterThan(250_000)
  })

  it('long keys, written once, of many columns of objects', () => {
    const inner = { ['a'.repeat(10_000)]: null, ['b'.repeat(10_000)]: null }
    const outer = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`k${i}`, inner]))
    const values = Array.from({ length: 16 }, () => outer)
    const { bytes } = encodePage(values, '')
    expect(bytes.byteLength).toBeLessThan(40_000)
    const parse = vi.spyOn(JSON, 'parse')
    try {
      expect(decodePage(bytes, 16)).toEqual(values)
      const parsed = parse.mock.calls.reduce((sum, [text]) => sum + text.length, 0)
      expect(parsed).toBeLessThan(2 * maxCells(bytes.byteLength, 16))
    } finally {
      parse.mockRestore()
    }
  })

  it('a dictionary, a repetition and shapes that name what is not there', () => {
    const { dictionary, latin1, repeat, objects, cbor } = columnTags
    refuses(() => decodePage(Uint8Array.from([1, 1, 0, 97, dictionary, 1, latin1, 1, 0, 1, 0]), 1))
    refuses(() => decodePage(Uint8Array.from([1, 0, 0, dictionary, 0xff, 0xff, 0x7f, latin1, 0, 0, 0, 0]), 1))
    refuses(() => decodePage(Uint8Array.from([1, 0, 0, repeat, 0]), 1))
    refuses(() => decodePage(Uint8Array.from([1, 1, 0, 97, objects, 1, latin1, 1, 0, 1, 1, 1, 0, 0, 0]), 1))
    refuses(() => decodePage(Uint8Array.from([1, 1, 0, 97, objects, 1, latin1, 1, 0, 1, 2, 0, 0, 0, 0, 0, 0]), 1))
    refuses(() => decodePage(Uint8Array.from([1, 0, 0, cbor, 2, 0x82, 0xf6]), 1))
    // The same, sound: { a: null }.
    expect(decodePage(Uint8Array.from([1, 1, 0, 97, objects, 1, latin1, 1, 0, 1, 1, 0, 0, 0, 0]), 1)).toEqual([
      { a: null },
    ])
  })

  it('objects of one shape that has a key twice, by its number or by its name', () => {
    const { objects, latin1 } = columnTags
    const page = (...shapes: number[]) =>
      Uint8Array.from([1, 2, 0, 97, 97, objects, 2, latin1, 1, 0, ...shapes, 0, 0, columnTags.null, columnTags.null])
    refuses(() => decodePage(page(1, 2, 1, 1), 1))
    refuses(() => decodePage(page(1, 2, 0, 1), 1))
    // The same, sound: two names that are equal, in two shapes.
    expect(decodePage(page(2, 1, 0, 1, 1), 1)).toEqual([{ a: null }])
  })

  it('decoded __proto__ keys are own properties', () => {
    for (const value of [JSON.parse('{"__proto__":{"a":1}}'), [JSON.parse('{"__proto__":{"a":1},"b":2}')]]) {
      for (const codec of ['json', 'cbor'] as const) {
        const encoded = encodeValue(value, codec, '')
        const decoded = decodeValue(encoded.codec, encoded.bytes) as object
        expect(Object.hasOwn(Array.isArray(decoded) ? decoded[0] : decoded, '__proto__')).toBe(true)
      }
    }
    const rows = Array.from({ length: 40 }, (_, i) => JSON.parse(`{"__proto__":{"a":${i}},"k${i}":1}`))
    for (const row of decodePage(encodePage(rows, '').bytes, 40)) {
      expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
      expect(Object.keys(row as object)[0]).toBe('__proto__')
    }
  })
})
