import assert from 'node:assert'
import * as fc from 'fast-check'

/** Any string, lone surrogates included. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc
    .array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 8 })
    .map(units => String.fromCharCode(...units)),
)

const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('id', 'name', 'a', 'b', 'c', '1', '0', 'a b') },
  { weight: 2, arbitrary: anyText },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '') },
)

function containers(leaf: fc.Arbitrary<unknown>, rich: boolean): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown; array: unknown[]; object: object; map: unknown; set: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaf,
      tie('array'),
      tie('object'),
      ...(rich ? [tie('map'), tie('set')] : []),
    ),
    array: fc.array(tie('value'), { maxLength: 6 }),
    object: fc.array(fc.tuple(key, tie('value')), { maxLength: 8 }).map(entries => Object.fromEntries(entries)),
    map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map(entries => new Map(entries)),
    set: fc.array(tie('value'), { maxLength: 4 }).map(items => new Set(items)),
  })).value
}

const jsonLeaf = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, 255, 256, 2 ** 32, 2 ** 53, -(2 ** 31), 0.5, 1e300),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => (Object.is(number, -0) ? 0 : number)),
  anyText,
)

/** Values that JSON keeps exactly. */
export const jsonValue: fc.Arbitrary<unknown> = containers(jsonLeaf, false)

const buffer = fc.uint8Array({ maxLength: 24 }).map(bytes => bytes.slice().buffer)

const richLeaf = fc.oneof(
  jsonLeaf,
  fc.constantFrom(undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
  fc.double(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.oneof(
    fc.uint8ClampedArray(),
    fc.int8Array(),
    fc.uint16Array(),
    fc.int16Array(),
    fc.uint32Array(),
    fc.int32Array(),
  ),
  fc.oneof(fc.float32Array(), fc.float64Array(), fc.bigInt64Array(), fc.bigUint64Array()),
  buffer,
  buffer.map(bytes => new DataView(bytes)),
)

/** Values that CBOR and pages keep exactly. */
export const richValue: fc.Arbitrary<unknown> = containers(richLeaf, true)

/** Arrays of elements: alike, as in a table, or as different as can be. */
export function elementsOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> {
  const alike = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 5 }).chain(fields =>
    fc.array(
      fc
        .tuple(...fields.map(([, example]) => fc.oneof(fc.constant(example), value)))
        .map(items => Object.fromEntries(fields.map(([name], index) => [name, items[index]] as const))),
      { maxLength: 30 },
    ),
  )
  return fc.oneof(fc.array(value, { maxLength: 30 }), alike)
}

/** Throws unless the two are the same to the last bit: classes, order of keys and entries, 0 and -0. */
export function assertExact(actual: unknown, expected: unknown): void {
  assert.deepStrictEqual(actual, expected)
  assert.deepStrictEqual(orders(actual), orders(expected))
}

function orders(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return 0
  if (value instanceof Map) return [...value].map(orders)
  if (value instanceof Set) return [...value].map(item => [typeof item === 'object' ? orders(item) : item])
  if (Array.isArray(value)) return value.map(orders)
  return Object.keys(value).map(name => [name, orders(Reflect.get(value, name))])
}
