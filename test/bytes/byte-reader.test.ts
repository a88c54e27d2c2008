import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from '../../src/bytes/byte-reader.ts'
import { ByteWriter } from '../../src/bytes/byte-writer.ts'
import { isCacheError } from '../../src/errors.ts'

const safe = fc.maxSafeNat()

describe('ByteReader and ByteWriter', () => {
  it('give back every kind of value in order', () => {
    const item = fc.oneof(
      fc.tuple(fc.constant('u8' as const), fc.nat(0xff)),
      fc.tuple(fc.constant('u16' as const), fc.nat(0xffff)),
      fc.tuple(fc.constant('u32' as const), fc.nat(0xffff_ffff)),
      fc.tuple(
        fc.constant('u48' as const),
        safe.map(value => value % 2 ** 48),
      ),
      fc.tuple(fc.constant('f64' as const), fc.double()),
      fc.tuple(fc.constant('varint' as const), safe),
    )
    fc.assert(
      fc.property(fc.array(item), fc.uint8Array(), (items, tail) => {
        const writer = new ByteWriter(1)
        for (const [kind, value] of items) writer[kind](value)
        writer.bytes(tail)
        const bytes = writer.finish()
        expect(bytes.byteLength).toBe(writer.byteLength)
        expect(bytes.buffer.byteLength).toBe(bytes.byteLength)
        const reader = new ByteReader(bytes)
        for (const [kind, value] of items) expect(reader[kind]()).toBe(value)
        expect(reader.take(tail.byteLength)).toEqual(tail)
        reader.done()
      }),
    )
  })

  it('writes little-endian numbers and shortest varints', () => {
    const writer = new ByteWriter()
    writer.u16(0x0102)
    writer.u32(0x03040506)
    writer.u48(0x0708090a0b0c)
    writer.varint(300)
    expect([...writer.finish()]).toEqual([2, 1, 6, 5, 4, 3, 0xc, 0xb, 0xa, 9, 8, 7, 0xac, 2])
  })

  it('refuses to pass the end, in every method', () => {
    for (const [method, needs] of [
      ['u8', 1],
      ['u16', 2],
      ['u32', 4],
      ['u48', 6],
      ['f64', 8],
      ['varint', 1],
    ] as const) {
      const reader = new ByteReader(new Uint8Array(needs - 1).fill(0x80), 'a thing')
      expect(() => reader[method](), method).toThrow(/^Cannot read a thing: wanted \d bytes at offset 0, found/)
    }
    const reader = new ByteReader(new Uint8Array(3))
    expect(reader.take(2).byteLength).toBe(2)
    for (const byteLength of [2, -1, Number.NaN, 2 ** 53]) {
      expect(() => reader.take(byteLength)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
    }
    expect(reader.remaining).toBe(1)
    expect(() => reader.done()).toThrow('wanted the end at offset 2, found 1 bytes more')
  })

  it('refuses varints that are too long or too large', () => {
    for (const bytes of [
      [0x80, 0],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ]) {
      expect(() => new ByteReader(Uint8Array.from(bytes)).varint()).toThrow(
        expect.objectContaining({ code: 'CORRUPT' }),
      )
    }
  })

  it('throws nothing but CORRUPT, whatever is read', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.array(fc.constantFrom('u8', 'u16', 'u32', 'u48', 'f64', 'varint', 'peek', 'done')),
        (bytes, calls) => {
          const reader = new ByteReader(bytes)
          try {
            for (const call of calls) reader[call]()
          } catch (error) {
            expect(isCacheError(error, 'CORRUPT')).toBe(true)
          }
          expect(reader.position + reader.remaining).toBe(bytes.byteLength)
        },
      ),
    )
  })

  it('fills reserved room and sets flags', () => {
    const writer = new ByteWriter(1)
    writer.u8(1)
    writer.reserve(3)[1] = 7
    writer.flag(0, 0x80)
    expect([...writer.written()]).toEqual([0x81, 0, 7, 0])
  })
})
