import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Decode, utf8Encode } from '../../../src/bytes/utf8.ts'
import { isCacheError } from '../../../src/errors.ts'
import { decodeGoJson, encodeGoJson } from '../../../src/synced/go/go-json.ts'
import { callersValue, operations } from './operations.ts'

const write = (value: unknown): string => utf8Decode(encodeGoJson(value).bytes)
const read = (text: string): unknown => decodeGoJson(utf8Encode(text))

const values = operations.filter(({ redisValue }) => redisValue !== null)

describe('values that Go recorded', () => {
  it('are many', () => {
    expect(values.length).toBe(17)
  })

  for (const operation of values) {
    const { goValue = '', key, redisValue, input = null } = operation
    it(`${goValue} at ${JSON.stringify(key)}: written the same, and read`, () => {
      expect(write(callersValue(operation))).toBe(redisValue)
      expect(write(input)).toBe(redisValue)
      expect(read(redisValue!)).toEqual(input)
    })
  }
})

describe('writing', () => {
  const times = [new Date(0), new Date(100), new Date(120), new Date(10_000)]
  const timeTexts = '["1970-01-01T00:00:00Z","1970-01-01T00:00:00.1Z","1970-01-01T00:00:00.12Z","1970-01-01T00:00:10Z"]'
  const oddMap = new Map<unknown, unknown>([
    ['\uff5e', 1],
    ['\u{1f600}', 2],
    [3n, 3],
  ])
  it.each([
    ['objects in the order they have', { b: 1, a: [2, { z: 0, y: 0 }] }, '{"b":1,"a":[2,{"z":0,"y":0}]}'],
    ['integer-like names in the order of bytes', { 9: 1, 10: 2, B: 3, a: 4 }, '{"10":2,"9":1,"B":3,"a":4}'],
    ['maps in the order of bytes', oddMap, '{"3":3,"\uff5e":1,"\u{1f600}":2}'],
    [
      'maps inside of arrays and maps',
      [new Map([['a', new Map(Object.entries({ c: 1, b: 2 }))]])],
      '[{"a":{"b":2,"c":1}}]',
    ],
    ['absent members not at all', { a: undefined, b: null }, '{"b":null}'],
    ['Node buffers as bytes', Buffer.from('hello'), '"aGVsbG8="'],
    ['no bytes', new Uint8Array(), '""'],
    ['dates without zeros at the end', times, timeTexts],
    ['big integers as digits', [2n ** 64n, -(2n ** 63n)], '[18446744073709551616,-9223372036854775808]'],
    ['the zero with a sign', -0, '-0'],
  ])('%s', (_, value, text) => {
    expect(write(value)).toBe(text)
  })

  it.each([
    ['undefined', undefined, 'the value'],
    ['a function', { a: [() => 1] }, 'the value.a[0]'],
    ['NaN', [Number.NaN], 'the value[0]'],
    ['infinity', { a: Number.POSITIVE_INFINITY }, 'the value.a'],
    ['a lone surrogate', { a: '\ud800' }, 'the value.a'],
    ['a name with one', { '\ud800': 1 }, 'the value'],
    ['a set', new Set([1]), 'the value'],
    ['an object of a class', new (class Own {})(), 'the value'],
    ['a date that is none', new Date(Number.NaN), 'the value'],
    ['a date after the year 9999', { a: new Date(Date.UTC(10_000, 0)) }, 'the value.a'],
    ['a map with another key', new Map([[{}, 1]]), 'the value'],
    ['a map with one key twice', new Map<unknown, number>(Object.entries({ 1: 1 })).set(1, 2), 'the value'],
    ['an array with a hole', Array.from({ length: 2 }), 'the value[0]'],
  ])('refuses %s', (_, value, path) => {
    const isRefusal = (error: unknown): boolean =>
      isCacheError(error, 'UNSUPPORTED_VALUE') && error.message.startsWith(`Cannot store ${path}`)
    expect(() => write(value)).toThrow(expect.toSatisfy(isRefusal))
  })

  it('refuses what holds itself', () => {
    const loop: unknown[] = []
    loop.push(new Map([['a', loop]]))
    expect(() => write(loop)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VALUE' }))
  })
})

describe('reading', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['[-9007199254740993]', [-9007199254740993n]],
    ['{"a":12345678901234567890}', { a: 12345678901234567890n }],
    ['0.10000000000000000555', 0.1],
    ['9007199254740993.0', 9007199254740992],
    ['1e100', 1e100],
  ])('%s', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it.each(['', '{', '1e400', 'NaN', '{"a":1,}', '\ufeff1', '1 2'])('refuses %j', text => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'CacheError', code: 'CORRUPT' }))
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(() => decodeGoJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })

  it('changes no prototype', () => {
    const value = read('{"__proto__":{"a":1},"n":123456789012345678}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object.keys(value as object)).toEqual(['__proto__', 'n'])
  })

  it('survives any bytes', () => {
    const texts = fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^[[\]{}",:0-9eE+\-.tfn ]*$/))
    const survives = (bytes: Uint8Array): void => {
      try {
        decodeGoJson(bytes)
      } catch (error) {
        if (!isCacheError(error, 'CORRUPT')) throw error
      }
    }
    fc.assert(fc.property(fc.oneof(fc.uint8Array(), texts.map(utf8Encode)), survives), { numRuns: 5000 })
  })
})

it('what is written is read again, and written the same', () => {
  const text = fc.string({ unit: 'grapheme' })
  const number = fc.double({ noNaN: true, noDefaultInfinity: true })
  const values = [text, number, fc.boolean(), fc.constant(null), fc.bigInt(), fc.maxSafeInteger()]
  fc.assert(
    fc.property(fc.anything({ values, key: text }), each => {
      const written = write(each)
      expect(write(read(written))).toBe(written)
    }),
    { numRuns: 2000 },
  )
})
