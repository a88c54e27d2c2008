import { describe, expect, it } from 'vitest'
import { parseSpelled } from '../../src/codec/parse-exact.ts'
import { decodeTyped } from '../../src/netmap/decode-typed.ts'
import { encodeTyped } from '../../src/netmap/encode-typed.ts'
import { TypeReader } from '../../src/netmap/schema-types.ts'

const types = new TypeReader({
  Sample: {
    B: 'int',
    A: 'string,omitempty',
    L: '[]string,omitempty',
    Z: '[]string,omitzero',
    M: 'map *Inner,omitempty',
    R: 'intmap float,omitzero',
    O: 'optbool,omitzero',
    P: '*bool,omitempty',
    T: 'time,omitzero',
    K: 'nodekey,omitzero',
    raw: 'map []raw,omitempty',
  },
  Inner: { B: 'int', P: '*bool,omitempty' },
})
const sample = types.read('Sample')
const zeroKey = `nodekey:${'0'.repeat(64)}`
const encode = (value: unknown): string => encodeTyped(value, sample, 'sample')
const decode = (text: string): unknown => decodeTyped(parseSpelled(text), sample, 'sample')

describe('encodeTyped', () => {
  it.each([
    ['declaration order, zeros of fields that are always written', { A: 'a' }, '{"B":0,"A":"a"}'],
    ['unknown fields last, in their order', { y: 1, x: [{}], A: 'a', B: 1 }, '{"B":1,"A":"a","y":1,"x":[{}]}'],
    ['omitempty', { B: null, A: '', L: [], M: {}, P: null, raw: {} }, '{"B":0}'],
    ['omitzero', { Z: null, R: null, T: '0001-01-01T00:00:00Z', K: zeroKey }, '{"B":0}'],
    ['what is empty and not zero', { Z: [], R: {}, P: false, O: false }, '{"B":0,"Z":[],"R":{},"O":false,"P":false}'],
    [
      'null that differs from absent',
      { O: null, raw: { a: null, b: [null] } },
      '{"B":0,"O":null,"raw":{"a":null,"b":[null]}}',
    ],
    ['undefined as absent', { O: undefined, A: undefined, x: undefined, M: { a: undefined } }, '{"B":0,"M":{}}'],
    // As UTF-16 units the emoji would come before U+FB00 and U+FFFF; as numbers 9 would come before 10.
    [
      'map keys by their UTF-8 bytes',
      { M: { '9': null, '\uffff': null, '🦔': null, '\ufb00': null, '10': null, __proto__: null, a: null } },
      '{"B":0,"M":{"10":null,"9":null,"a":null,"\ufb00":null,"\uffff":null,"🦔":null}}',
    ],
    [
      'integer map keys as text',
      { R: { 9: 1, 10: -0, 1: 1e21, '-1': 1e-7 } },
      '{"B":0,"R":{"-1":1e-7,"1":1e+21,"10":-0,"9":1}}',
    ],
    ['integers without a sign of zero', { B: -0 }, '{"B":0}'],
    ['64 bits', { B: -(2n ** 63n) }, '{"B":-9223372036854775808}'],
  ])('writes %s', (_, value, text) => {
    expect(encode(value)).toBe(text)
  })

  it('keeps __proto__ as a key', () => {
    expect(encode(JSON.parse('{"M":{"__proto__":{"B":1}}}'))).toBe('{"B":0,"M":{"__proto__":{"B":1}}}')
  })
})

describe('decodeTyped', () => {
  it.each([
    ['{}', { B: 0 }],
    ['{"A":"","L":[],"M":{},"P":null,"T":"0001-01-01T00:00:00Z","B":null}', { B: 0 }],
    ['{"Z":[],"R":{},"O":null,"L":null}', { B: 0, Z: [], R: {}, O: null }],
    [
      '{"B":9007199254740993,"R":{"1":1e5,"2":100000000000000000000}}',
      { B: 9007199254740993n, R: { 1: 100_000, 2: 1e20 } },
    ],
    ['{"A":"\\ud800x","M":{"a":{}}}', { B: 0, A: '\ufffdx', M: { a: { B: 0 } } }],
    ['{"raw":{"a":[9007199254740993,"\\ud800"]}}', { B: 0, raw: { a: [9007199254740993n, '\ud800'] } }],
  ])('reads %s as Go does', (text, value) => {
    expect(decode(text)).toStrictEqual(value)
  })

  it.each([
    ['[]', 'sample: found an array, wanted an object'],
    ['{"B":1.5}', 'sample.B: found number, wanted a 64-bit integer'],
    ['{"B":18446744073709551616}', 'sample.B: found bigint, wanted a 64-bit integer'],
    ['{"A":1}', 'sample.A: found number, wanted a string'],
    ['{"L":["",{}]}', 'sample.L[1]: found object, wanted a string'],
    ['{"L":{}}', 'sample.L: found object, wanted an array'],
    ['{"M":[]}', 'sample.M: found an array, wanted an object'],
    ['{"M":{"x":{"P":0}}}', 'sample.M.x.P: found number, wanted a boolean'],
    ['{"M":{"\\ud800":null}}', 'sample.M: found object, wanted keys without lone surrogates'],
    ['{"R":{"x":1}}', 'sample.R: found object, wanted integers as keys'],
    ['{"R":{"1":1e400}}', 'sample.R.1: found object, wanted a number within the range of a double'],
    ['{"O":"true"}', 'sample.O: found string, wanted a boolean'],
  ])('refuses %s', (text, message) => {
    expect(() => decode(text)).toThrow(
      expect.objectContaining({ code: 'CORRUPT', message: `Cannot decode ${message}` }),
    )
  })
})
