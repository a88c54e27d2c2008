import { describe, expect, it } from 'vitest'
import type { CodecName } from '../../src/codec/codec.ts'
import { encodeElements, encodeValue } from '../../src/codec/encode.ts'
import { encodePage } from '../../src/codec/page-encode.ts'

class Socket {
  readonly port = 1
}
class Bytes extends Uint8Array {}

const cycle: unknown[] = []
cycle.push(cycle, cycle)

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

function hole(): unknown[] {
  const array = [1, 2, 3]
  delete array[1]
  return array
}

// What no codec keeps: the value, and what the message says was found.
const refused: [unknown, string][] = [
  [() => 1, 'a function'],
  [Symbol('s'), 'a symbol'],
  [new Socket(), 'an instance of Socket'],
  [new Bytes(2), 'an instance of Bytes'],
  [/a/, 'an instance of RegExp'],
  [new Error('e'), 'an instance of Error'],
  [new URL('https://example.com'), 'an instance of URL'],
  [Object(1), 'an instance of Number'],
  [new WeakMap(), 'an instance of WeakMap'],
  [Promise.resolve(), 'an instance of Promise'],
  [new SharedArrayBuffer(1), 'an instance of SharedArrayBuffer'],
  [hole(), 'an array with holes'],
  [Object.assign([1], { extra: 1 }), 'an array with named properties'],
  [/(a)/.exec('a'), 'an array with named properties'],
  [{ [Symbol('s')]: 1 }, 'a symbol key'],
  [Object.defineProperty({}, 'hidden', { value: 1 }), 'a non-enumerable property'],
  [cycle, 'nesting deeper than 256 levels, or a cycle'],
  [nested(257), 'nesting deeper than 256 levels, or a cycle'],
]

// What only JSON does not keep.
const notJson: [unknown, string][] = [
  [undefined, 'undefined'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [-0, '-0'],
  [1n, 'a bigint'],
  [new Date(0), 'an instance of Date'],
  [new Map(), 'an instance of Map'],
  [new Set(), 'an instance of Set'],
  [new Uint8Array(1), 'an instance of Uint8Array'],
]

function messageOf(value: unknown, codec: CodecName, path: string): string {
  try {
    encodeValue(value, codec, path)
  } catch (error) {
    expect(error).toMatchObject({ name: 'CacheError', code: 'UNSUPPORTED_VALUE' })
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('what cannot be kept is refused', () => {
  it.each(refused)('%#: %s', (value, found) => {
    for (const [codec, name] of [
      ['json', 'JSON'],
      ['cbor', 'CBOR'],
      ['auto', 'CBOR'],
    ] as const) {
      const message = messageOf({ peers: [0, value] }, codec, '')
      expect(message.startsWith('Cannot keep peers[1]')).toBe(true)
      expect(message.endsWith(` exactly as ${name}: found ${found}`), message).toBe(true)
    }
    expect(() => encodePage([{ a: 1 }, { a: value }], 'peers').bytes).toThrow(/^Cannot keep peers\[1\]\.a/)
    expect(() => encodePage([{ a: 1 }, { a: value }], 'peers').bytes).toThrow(found)
  })

  it.each(notJson)('%#: %s as JSON', (value, found) => {
    expect(messageOf({ a: [value] }, 'json', 'p')).toBe(`Cannot keep p.a[0] exactly as JSON: found ${found}`)
    expect(encodeValue(value, 'auto', '').codec).toBe(2)
  })

  it('accepts what is exactly at the limit of nesting', () => {
    const deepest = nested(256)
    for (const codec of ['json', 'cbor'] as const) expect(() => encodeValue(deepest, codec, '')).not.toThrow()
    expect(() => encodePage([deepest, deepest], '').bytes).not.toThrow()
    expect(() => encodePage([nested(257), deepest], 'x').bytes).toThrow('found nesting deeper than 256')
  })

  it('shows the path as one would write it', () => {
    const f = (): void => {}
    expect(messageOf({ 'a b': { $ok: [f] } }, 'cbor', 'peers')).toContain('peers["a b"].$ok[0] exactly')
    expect(messageOf(f, 'json', '')).toContain('Cannot keep the value exactly')
    expect(messageOf(new Map([['k', f]]), 'cbor', 'm')).toContain('m.get("k") exactly')
    expect(messageOf(new Map([[f, 1]]), 'cbor', 'm')).toContain('m<key 0> exactly')
    expect(messageOf(new Map([[{}, f]]), 'cbor', 'm')).toContain('m<value 0> exactly')
    expect(messageOf(new Set([1, f]), 'cbor', 's')).toContain('s<item 1> exactly')
    expect(messageOf([{ ok: [1, 2] }, { bad: f }], 'json', 'x')).toContain('x[1].bad exactly')
    expect(messageOf({ toJSON: f }, 'auto', 'x')).toContain('x.toJSON exactly')
    expect(() => encodeElements([1, { socket: f }], 'auto', 'peers')).toThrow(
      'Cannot keep peers[1].socket exactly as CBOR',
    )
    expect(() => encodeElements([1, { socket: f }], 'json', 'peers')).toThrow(
      'Cannot keep peers[1].socket exactly as JSON',
    )
  })

  it('refuses accessors, odd Dates and Maps, and bigints beyond 1 KiB', () => {
    const accessor = {
      get now() {
        return 1
      },
    }
    expect(messageOf(accessor, 'json', 'x')).toContain('x.now exactly as JSON: found an accessor')
    expect(messageOf(accessor, 'cbor', 'x')).toContain('x.now exactly as CBOR: found an accessor')
    expect(messageOf(new Date(Number.NaN), 'cbor', 'x')).toContain('found an invalid Date')
    expect(messageOf(Object.assign(new Map(), { a: 1 }), 'cbor', 'x')).toContain('Map with properties of its own')
    expect(messageOf(new Uint8Array(new SharedArrayBuffer(1)), 'cbor', 'x')).toContain('x exactly')
    const largest = 2n ** 8192n - 1n
    expect(() => encodeValue([largest, -1n - largest], 'cbor', '')).not.toThrow()
    expect(messageOf(largest + 1n, 'cbor', 'x')).toContain('found a bigint of more than 1024 bytes')
  })
})
