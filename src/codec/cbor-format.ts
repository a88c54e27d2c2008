/** CBOR tags of our profile; all but the last two are registered with IANA. */
export const cborTags = {
  date: 1,
  positiveBigint: 2,
  negativeBigint: 3,
  set: 258,
  map: 259,
  /** A string with lone surrogates, as WTF-8. */
  wtf8: 273,
  arrayBuffer: 0xc01d0001,
  dataView: 0xc01d0002,
} as const

/** A class of typed arrays, as far as the codecs need it. */
export interface TypedArrayClass {
  readonly prototype: object
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer): ArrayBufferView
}

/** Tags of RFC 8746 for typed arrays (little-endian), except that a `Uint8Array` is written as a plain byte string. */
export const typedArrayTags: ReadonlyMap<number, TypedArrayClass> = new Map<number, TypedArrayClass>([
  [64, Uint8Array],
  [68, Uint8ClampedArray],
  [69, Uint16Array],
  [70, Uint32Array],
  [71, BigUint64Array],
  [72, Int8Array],
  [77, Int16Array],
  [78, Int32Array],
  [79, BigInt64Array],
  [85, Float32Array],
  [86, Float64Array],
])

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** `bytes` with every run of `size` bytes reversed on a big-endian machine; `bytes` itself elsewhere. */
export function toLittleEndian(bytes: Uint8Array, size: number): Uint8Array {
  if (littleEndian || size === 1) return bytes
  const swapped = bytes.slice()
  for (let at = 0; at < swapped.byteLength; at += size) swapped.subarray(at, at + size).reverse()
  return swapped
}
