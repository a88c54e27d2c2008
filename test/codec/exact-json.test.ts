import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExactNumber } from '../../src/codec/exact-number.ts'
import { stringifyExact } from '../../src/codec/json-writer.ts'
import { parseExact, parseSpelled } from '../../src/codec/parse-exact.ts'

describe('parseExact', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['12345678901234567890123', 12345678901234567890123n],
    ['100000000000000000000', 100000000000000000000n],
    ['0', 0],
    ['-0', -0],
    ['-0.0', -0],
    ['1.0', 1],
    ['1e5', 100_000],
    ['1E21', 1e21],
    ['1e+21', 1e21],
    ['0.1', 0.1],
    ['0.10000000000000000', 0.1],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['1.0816550592697218e-9', 1.0816550592697218e-9],
    ['0.1000000000000000055511151231257827', new ExactNumber('0.1000000000000000055511151231257827')],
    ['9007199254740993.0', new ExactNumber('9007199254740993.0')],
    ['9007199254740993e0', new ExactNumber('9007199254740993e0')],
    ['1E400', new ExactNumber('1E400')],
    ['-1e-400', new ExactNumber('-1e-400')],
    ['1e99999999999999999999999', new ExactNumber('1e99999999999999999999999')],
  ])('reads %s', (text, value) => {
    expect(parseExact(text)).toStrictEqual(value)
    // The same beside strings and numbers that send it another way.
    for (const other of ['"1234567890123456"', '12345678901234567', '"x\\n"']) {
      expect(parseExact(` [ ${text},\n${other}, {"a" : ${text}} ] `)).toStrictEqual([
        value,
        parseExact(other),
        { a: value },
      ])
    }
  })

  it.each([
    '',
    ' ',
    '{',
    '[',
    '"',
    '[1',
    '[1,]',
    '[,1]',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    '{"a":1,}',
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '1e',
    '0x1',
    'nul',
    'truefalse',
    '1 2',
    '[1]]',
    '"\u0001"',
    '"a\nb"',
    '"\\x"',
    '"\\u12"',
    '"a\\',
    '"a\\"',
    '\u00a01',
    '[1}',
    '{"a":1]',
    'NaN',
    '\ufeff1',
  ])('refuses %j as JSON.parse does', text => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect(() => parseExact(text)).toThrow(SyntaxError)
    expect(() => parseSpelled(text)).toThrow(SyntaxError)
    expect(() => parseSpelled(`{"a":12345678901234567,"b":${text}`)).toThrow(SyntaxError)
  })

  it('keeps __proto__ as data', () => {
    const value = parseExact('[{"__proto__":{"x":12345678901234567890}}]')
    expect(stringifyExact(value)).toBe('[{"__proto__":{"x":12345678901234567890}}]')
    expect(Object.getPrototypeOf((value as object[])[0])).toBe(Object.prototype)
  })

  it('refuses nesting that would overflow, with a SyntaxError', () => {
    expect(() => parseSpelled('['.repeat(100_000))).toThrow(new SyntaxError('JSON is nested deeper than 1000 levels'))
    const deep = '['.repeat(1000) + ']'.repeat(1000)
    expect(stringifyExact(parseSpelled(deep))).toBe(deep)
  })

  const anyJson = fc.json({ maxDepth: 4, stringUnit: 'binary' })

  it('agrees with JSON.parse where doubles suffice', () => {
    fc.assert(
      fc.property(anyJson, fc.boolean(), (text, indented) => {
        const spaced = indented ? JSON.stringify(JSON.parse(text), null, 2) : text
        expect(parseSpelled(spaced)).toStrictEqual(withBigints(spaced))
        expect(parseExact(spaced)).toStrictEqual(withBigints(spaced))
      }),
      { numRuns: 500 },
    )
  })

  it('refuses what JSON.parse refuses, and nothing else', () => {
    const fragment = fc.constantFrom(
      ...'{}[],:"\\0123456789-+.eE \ntfn',
      'null',
      'true',
      '"a"',
      '12345678901234567',
      '\\u00e9',
    )
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), fragments => {
        const text = fragments.join('')
        expect(accepts(parseSpelled, text)).toBe(accepts(JSON.parse, text))
        expect(accepts(parseExact, text)).toBe(accepts(JSON.parse, text))
      }),
      { numRuns: 5_000 },
    )
  })

  it('keeps every digit of integers of any size, and the value of every number', () => {
    const number = fc.oneof(
      fc.bigInt().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => (Object.is(value, -0) ? '-0' : String(value))),
      fc
        .tuple(
          fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }),
          fc.nat().map(BigInt),
          fc.integer({ min: -400, max: 400 }),
        )
        .map(([whole, fraction, exponent]) => `${whole}.${fraction}e${exponent}`),
    )
    fc.assert(
      fc.property(fc.array(number), numbers => {
        const text = `{"n":[${numbers.join(',')}]}`
        expect(stringifyExact(parseSpelled(text))).toBe(text)
        const again = stringifyExact(parseExact(text))
        expect(JSON.parse(again)).toStrictEqual(JSON.parse(text))
        expect(stringifyExact(parseExact(again))).toBe(again)
      }),
      { numRuns: 500 },
    )
  })
})

describe('stringifyExact', () => {
  it.each([
    ['<a href="x">&amp;</a>', '"\\u003ca href=\\"x\\"\\u003e\\u0026amp;\\u003c/a\\u003e"'],
    ['\u2028\u2029', '"\\u2028\\u2029"'],
    ['\b\f\n\r\t\u0000\u001f\u007f/', '"\\b\\f\\n\\r\\t\\u0000\\u001f\u007f/"'],
    ['日本🦔\uffff', '"日本🦔\uffff"'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [0.000001, '0.000001'],
    [-0, '-0'],
    [2n ** 80n, '1208925819614629174706176'],
    [new ExactNumber('1.50'), '1.50'],
    [{ b: 1, a: undefined, c: null }, '{"b":1,"c":null}'],
    [Object.assign(Object.create(null), { a: [] }), '{"a":[]}'],
  ])('writes %o as Go does', (value, text) => {
    expect(stringifyExact(value)).toBe(text)
  })

  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  it.each([
    [{ peers: [{ name: '\ud800' }] }, 'the value.peers[0].name: it holds a lone surrogate, which UTF-8 does not have'],
    [{ 'a\udc00': 1 }, 'the value.a\udc00: it holds a lone surrogate, which UTF-8 does not have'],
    [[Number.NaN], 'the value[0]: it is NaN, which JSON does not have'],
    [{ a: Number.POSITIVE_INFINITY }, 'the value.a: it is Infinity, which JSON does not have'],
    [[undefined], 'the value[0]: it is undefined, which JSON does not have'],
    // biome-ignore lint/suspicious/noSparseArray: that is the point
    [[1, , 2], 'the value[1]: it is undefined, which JSON does not have'],
    [() => 1, 'the value: it is function, which JSON does not have'],
    [{ at: new Date(0) }, 'the value.at: it is a Date, not plain data'],
    [new Map(), 'the value: it is a Map, not plain data'],
    [new Uint8Array(1), 'the value: it is a Uint8Array, not plain data'],
    [cyclic, `the value${'[0]'.repeat(1001)}: it is nested deeper than 1000 levels, or in itself`],
  ])('refuses what JSON does not have (%#)', (value, message) => {
    expect(() => stringifyExact(value)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_VALUE', message: `Cannot store ${message}` }),
    )
  })

  it('is the inverse of parseExact for any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4, stringUnit: 'grapheme' }), json => {
        const value: unknown = JSON.parse(json)
        expect(parseExact(stringifyExact(value))).toStrictEqual(withBigints(JSON.stringify(value)))
      }),
      { numRuns: 500 },
    )
  })
})

describe('remembered spelling', () => {
  const text = String.raw`[[1.0,-0.0,"\/\u00e9",{"10":1,"9":2},{"a":1,"a":2},"\ud800",[1e5,2]],7]`

  it('writes elements of arrays as they were read', () => {
    expect(stringifyExact(parseSpelled(text))).toBe(text)
    expect(stringifyExact(parseSpelled(text.replaceAll(',', ' ,\n ')))).toBe(text)
    expect(stringifyExact(parseSpelled('["\\/<>&\u2028", {"x": " \\" a "}]'))).toBe(
      '["\\/\\u003c\\u003e\\u0026\\u2028",{"x":" \\" a "}]',
    )
  })

  it('gives way to a value that was changed', () => {
    const value = parseSpelled(text) as [unknown[], number]
    value[0][0] = 2
    value[0][3] = { 9: 2, 10: 2 }
    expect(stringifyExact(value)).toBe(
      String.raw`[[2,-0.0,"\/\u00e9",{"9":2,"10":2},{"a":1,"a":2},"\ud800",[1e5,2]],7]`,
    )
  })

  it('is not seen by those who walk or copy the value', () => {
    const value = parseSpelled('[1.0,[1e5]]')
    expect(value).toStrictEqual([1, [100_000]])
    expect(Reflect.ownKeys(Object.getOwnPropertyDescriptors(value)).filter(key => typeof key === 'string')).toEqual([
      '0',
      '1',
      'length',
    ])
    expect(stringifyExact(structuredClone(value))).toBe('[1,[100000]]')
  })
})

it('ExactNumber takes JSON numbers only', () => {
  expect(new ExactNumber('1e400').toNumber()).toBe(Number.POSITIVE_INFINITY)
  expect(String(new ExactNumber('1.0'))).toBe('1.0')
  for (const text of ['', '01', '1,2', ' 1', '1\n', 'NaN', '"1"'])
    expect(() => new ExactNumber(text)).toThrow(TypeError)
})

/** JSON.parse, with integers beyond 2^53 - 1 as bigint. */
function withBigints(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'number' && /^-?\d{16,}$/.test(String(value)) && !Number.isSafeInteger(value)
      ? BigInt(String(value))
      : value,
  )
}

function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text)
    return true
  } catch {
    return false
  }
}
