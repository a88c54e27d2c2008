import fc from 'fast-check'

/** Bytes that are often protobuf, often nearly so. */
export const messageBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 3, arbitrary: fc.array(fieldBytes(), { maxLength: 6 }).map(parts => Uint8Array.from(parts.flat())) },
)

function fieldBytes(): fc.Arbitrary<number[]> {
  const number = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(0))
  const varint = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n }).map(encodeVarint),
    fc.constantFrom([0x80, 0x00], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x80]),
  )
  const bytes = fc.uint8Array({ maxLength: 12 })
  return fc.oneof(
    fc.tuple(number, varint).map(([field, value]) => [field * 8, ...value]),
    fc.tuple(number, bytes).map(([field, value]) => [field * 8 + 2, value.length, ...value]),
    fc.tuple(number, bytes, fc.nat(200)).map(([field, value, length]) => [field * 8 + 2, length, ...value]),
    number.map(field => [field * 8 + 1, 1, 2, 3, 4, 5, 6, 7, 8]),
    number.map(field => [field * 8 + 5, 1, 2, 3, 4]),
    number.map(field => [field * 8 + 3, field * 8, 1, field * 8 + 4]),
    fc.tuple(number, fc.integer({ min: 3, max: 7 })).map(([field, type]) => [field * 8 + type]),
  )
}

function encodeVarint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}
