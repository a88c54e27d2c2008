import { setFlagsFromString } from 'node:v8'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CodecName, codecIds } from '../../src/codec/codec.ts'
import { decodeElements, decodeValue } from '../../src/codec/decode.ts'
import { encodeElements, encodeValue } from '../../src/codec/encode.ts'
import { decodePage } from '../../src/codec/page-decode.ts'
import { encodePage } from '../../src/codec/page-encode.ts'
import { netmapState } from '../helpers/netmap-state.ts'
import { assertExact, elementsOf, jsonValue, richValue } from './values.ts'

function roundTrip(value: unknown, codec: CodecName): unknown {
  const encoded = encodeValue(value, codec, 'value')
  return decodeValue(encoded.codec, encoded.bytes)
}

describe('every codec gives back exactly what it takes', () => {
  it.each(['auto', 'json', 'cbor'] as const)('%s: one value that JSON keeps', codec => {
    fc.assert(fc.property(jsonValue, value => assertExact(roundTrip(value, codec), value)))
  })

  it.each(['auto', 'cbor'] as const)('%s: one value of any kind', codec => {
    fc.assert(fc.property(richValue, value => assertExact(roundTrip(value, codec), value)))
  })

  it.each(['auto', 'cbor'] as const)('%s: elements', codec => {
    fc.assert(
      fc.property(elementsOf(richValue), values => {
        const { codec: id, bytes } = encodeElements(values, codec, 'e')
        assertExact(decodeElements(id, bytes, values.length), values)
      }),
    )
  })

  it('json: elements', () => {
    fc.assert(
      fc.property(elementsOf(jsonValue), values => {
        const { codec, bytes } = encodeElements(values, 'json', 'e')
        expect(codec).toBe(codecIds.json)
        assertExact(decodeElements(codec, bytes, values.length), values)
      }),
    )
  })

  it('pages: elements of any kind', () => {
    fc.assert(
      fc.property(fc.oneof(elementsOf(richValue), elementsOf(jsonValue)), values => {
        assertExact(decodePage(encodePage(values, 'e').bytes, values.length), values)
      }),
      { numRuns: 500 },
    )
  })

  it('auto takes JSON where it is exact, CBOR elsewhere, pages for many elements', () => {
    fc.assert(
      fc.property(richValue, value => {
        const { codec, bytes } = encodeValue(value, 'auto', '')
        if (codec === codecIds.json) assertExact(JSON.parse(new TextDecoder().decode(bytes)), value)
        else
          expect(() => encodeValue(value, 'json', '')).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VALUE' }))
      }),
    )
    const many = Array.from({ length: 256 }, (_, i) => ({ i }))
    expect(encodeElements(many, 'pages', '').codec).toBe(codecIds.pages)
    expect(encodeElements(many, 'auto', '').codec).toBe(codecIds.json)
    expect(encodeElements([1n], 'auto', '').codec).toBe(codecIds.cbor)
    expect(encodeElements(many, 'json', '').codec).toBe(codecIds.json)
    expect(encodeElements(new Array(65_537).fill(1n), 'pages', '').codec).toBe(codecIds.cbor)
  })

  it('keeps a network map, in about 0.4 of the bytes of JSON', () => {
    const { Peers } = netmapState(1000)
    const { codec, bytes } = encodeElements(Peers, 'pages', 'Peers')
    const peers = decodeElements(codec, bytes, Peers.length)
    expect(JSON.stringify(peers)).toBe(JSON.stringify(Peers))
    assertExact(peers, Peers)
    expect(bytes.byteLength / JSON.stringify(Peers).length).toBeLessThan(0.55)
  })

  it('pages: rows that take no bytes, past what a page may hold by its size, become CBOR', () => {
    const values = [new Array(10_000).fill(null), new Array(10_000).fill(Object.freeze({}))]
    assertExact(decodePage(encodePage(values, '').bytes, 2), values)
  })

  it('pages: shapes, dictionaries, repeated columns and wide integers', () => {
    const values = Array.from({ length: 400 }, (_, i) => ({
      id: 9e15 + i * 1_000_003,
      small: i % 3,
      name: `node-${i}-with-a-long-name`,
      ...(i % 3 === 0 ? { extra: -i } : {}),
      also: `node-${i}-with-a-long-name`,
      caps: Object.fromEntries([...'abcdefghij'].filter((_, bit) => (i >> bit) & 1).map(cap => [`cap-${cap}`, null])),
      byId: Object.fromEntries([[`key-${i}`, [i]]]),
      ['__proto__']: i,
      text: i % 7 === 0 ? '\ud800' : 'ü€',
      float: i / 3,
    }))
    assertExact(decodePage(encodePage(values, '').bytes, values.length), values)
  })

  it('pages: objects that look alike often, rarely, and in more ways than are remembered', () => {
    for (let page = 0; page < 100; page++) {
      const values = Array.from({ length: 200 }, (_, i) => ({
        [`only on page ${page}`]: i,
        none: null,
        // Keys that look like indexes stand first.
        9: i,
        ['__proto__']: page,
        ...(i % 10 === 0 ? { [`rare-${i}`]: null, 3: 'three' } : {}),
        ...(i % 8 === 1 ? { [`less rare ${i % 3}`]: i } : {}),
      }))
      assertExact(decodePage(encodePage(values, '').bytes, values.length), values)
    }
  })

  it('pages: objects of many keys are of the kind that is quick to read, however few are alike', () => {
    setFlagsFromString('--allow-natives-syntax')
    const isFast = new Function('object', 'return %HasFastProperties(object)') as (object: unknown) => boolean
    const wide = (i: number) => Object.fromEntries(Array.from({ length: 30 }, (_, key) => [`key-${key + (i % 40)}`, i]))
    for (const rows of [3, 15, 400]) {
      const values = Array.from({ length: rows }, (_, i) => wide(i))
      const decoded = decodePage(encodePage(values, '').bytes, rows)
      assertExact(decoded, values)
      expect(decoded.every(isFast)).toBe(true)
    }
  })

  it('pages: whatever somebody did to Object.prototype', () => {
    const values = [{ toString: 1, a: 2 }, { trap: 3, b: 4 }, JSON.parse('{"__proto__":5}')]
    const { bytes } = encodePage(values, '')
    let trapped = 0
    Object.defineProperty(Object.prototype, 'trap', { set: () => trapped++, configurable: true })
    Object.defineProperty(Object.prototype, 'b', { value: 0, writable: false, configurable: true })
    try {
      assertExact(decodePage(bytes, values.length), values)
      expect(trapped).toBe(0)
    } finally {
      Reflect.deleteProperty(Object.prototype, 'trap')
      Reflect.deleteProperty(Object.prototype, 'b')
    }
  })

  it('takes objects without prototype as plain ones, and repeats what is shared', () => {
    const shared = [1]
    const value: unknown = Object.assign(Object.create(null), { a: shared, b: shared })
    for (const codec of ['json', 'cbor'] as const) {
      const decoded = roundTrip(value, codec) as { a: unknown; b: unknown }
      assertExact(decoded, { a: [1], b: [1] })
      expect(decoded.a).not.toBe(decoded.b)
    }
    assertExact(decodePage(encodePage([value], '').bytes, 1), [{ a: [1], b: [1] }])
  })

  it('copies bytes out of its input and gives a Buffer back as a Uint8Array', () => {
    const { bytes } = encodeValue(Buffer.from('abc'), 'cbor', '')
    const decoded = decodeValue(codecIds.cbor, bytes) as Uint8Array
    assertExact(decoded, new Uint8Array([97, 98, 99]))
    expect(decoded.buffer.byteLength).toBe(3)
    bytes.fill(0)
    expect(decoded[0]).toBe(97)
  })
})
