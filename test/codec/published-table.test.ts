import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeValue } from '../../src/codec/decode.ts'
import { encodeValue } from '../../src/codec/encode.ts'
import { decodePage } from '../../src/codec/page-decode.ts'
import { encodePage } from '../../src/codec/page-encode.ts'
import { assertExact } from './values.ts'

function nested(levels: number): unknown {
  let value: unknown = []
  for (let i = 1; i < levels; i++) value = [value]
  return value
}

const cycle: unknown[] = []
cycle.push(cycle)
const holes = [1, 2]
delete holes[0]
class Peer {}
class List extends Array {}

// Examples for each row of the table in docs/codecs.md, by the row's first cell.
const examples: Record<string, unknown[]> = {
  'null, true, false': [null, true, false],
  'number, finite': [0, 1, -1, 0.1, 2 ** 53, Number.MAX_VALUE, Number.MIN_VALUE],
  '-0': [-0],
  'NaN, Infinity, -Infinity': [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  'string, any Unicode': ['', 'a', 'ü', '水', '\u{1f600}', '\0'],
  'string with a lone surrogate': ['\ud800', 'a\udc00b', '\udc00\ud800'],
  array: [[], [1, [2]]],
  'plain object, order of keys': [{}, { b: 1, a: { c: [2] } }],
  'own key `__proto__`': [JSON.parse('{"__proto__":{"x":1}}')],
  'undefined, as property or element': [undefined, { a: undefined }, [undefined]],
  'bigint to 1024 bytes': [0n, -1n, 2n ** 8192n - 1n],
  Date: [new Date(0), new Date(1.5e12 + 7), new Date(-8.64e15)],
  'Map, Set (any keys, order)': [
    new Map<unknown, unknown>([
      [{}, 1],
      ['a', new Set([2])],
    ]),
    new Set([[1], 'x']),
  ],
  'Uint8Array and other typed arrays': [
    Uint8Array.of(1),
    Uint8ClampedArray.of(2),
    Float64Array.of(-0),
    BigInt64Array.of(-1n),
  ],
  'ArrayBuffer, DataView': [Uint8Array.of(1, 2).buffer, new DataView(new ArrayBuffer(3))],
  'bigint beyond 1024 bytes': [2n ** 8192n],
  'invalid Date': [new Date(Number.NaN)],
  'array with holes or named properties': [holes, Object.assign([1], { a: 1 })],
  'symbol keys, hidden properties': [{ [Symbol('s')]: 1 }, Object.defineProperty({}, 'a', { value: 1 })],
  'function, symbol': [() => 1, Symbol('s')],
  'class instance, subclass': [new Peer(), new List(), new (class extends Map {})(), new (class extends Date {})()],
  'RegExp, Error, URL, boxed primitive': [/a/, new Error('e'), new URL('https://example.com'), Object('s')],
  'shared memory': [new SharedArrayBuffer(1), new Uint8Array(new SharedArrayBuffer(1))],
  cycle: [cycle],
  'nesting beyond 256 levels': [nested(257)],
}

const document = readFileSync(new URL('../../docs/codecs.md', import.meta.url), 'utf8')
const section = document.slice(
  document.indexOf('## What is kept exactly'),
  document.indexOf('Taken, with a difference'),
)
const rows = [...section.matchAll(/^\| (.+?) +\| (yes|no) +\| (yes|no) +\| (yes|no) +\|$/gm)].map(row => row.slice(1))

function trip(codec: string, value: unknown): unknown {
  if (codec === 'pages') return decodePage(encodePage([value], '').bytes, 1)[0]
  const encoded = encodeValue(value, codec === 'json' ? 'json' : 'cbor', '')
  return decodeValue(encoded.codec, encoded.bytes)
}

describe('the table of docs/codecs.md', () => {
  it('has a row for every example', () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(examples))
  })

  it.each(rows)('%s: json %s, cbor %s, pages %s', (name, ...kept) => {
    for (const value of examples[name!]!) {
      for (const [index, codec] of ['json', 'cbor', 'pages'].entries()) {
        if (kept[index] === 'yes') assertExact(trip(codec, value), value)
        else expect(() => trip(codec, value)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VALUE' }))
      }
    }
  })

  it('the worked example of a page', () => {
    const hex = /is `([0-9a-f |]+)`: one row/.exec(document)![1]!.replace(/[ |]/g, '')
    expect(Buffer.from(encodePage([{ a: null }], '').bytes).toString('hex')).toBe(hex)
    expect(decodePage(Buffer.from(hex, 'hex'), 1)).toEqual([{ a: null }])
  })
})
