import { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'

/** How a field of a protobuf message is written. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const

// As deep as Go follows groups.
const maxDepth = 10_000
const maxFieldNumber = 2 ** 29 - 1
const maxInt64 = 2n ** 63n - 1n
const minInt64 = -(2n ** 63n)

/** What a message does with its fields: reads those it knows from `fields` and tells so; all others are skipped. */
export type FieldVisitor = (number: number, type: number, fields: FieldReader) => boolean

/**
 * Reads the fields of a protobuf message. It takes what Go takes: fields in any order, repeated (the last one counts),
 * unknown ones, groups and varints that are longer than they must be. Anything else throws `CORRUPT`. Time and memory
 * are bounded by the bytes.
 */
export class FieldReader {
  readonly #reader: ByteReader

  /** @param what what the bytes are, for messages */
  constructor(bytes: Uint8Array, what: string) {
    // Of a Buffer, views would be Buffers too.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#reader = new ByteReader(plain, what)
  }

  /** An error about these bytes, to throw. */
  corrupt(problem: string): Error {
    return this.#reader.corrupt(problem)
  }

  /** Shows every field to `visit`, in the order of the bytes. */
  each(visit: FieldVisitor): void {
    while (this.#reader.remaining > 0) {
      const { number, type } = this.#tag()
      if (!visit(number, type, this)) this.#skip(number, type)
    }
  }

  /** A signed integer of 64 bits. */
  int64(): bigint {
    const [low, middle, high] = this.#varint()
    if (middle === 0 && high === 0) return BigInt(low)
    return BigInt.asIntN(64, (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low))
  }

  /** An unsigned integer; what is above 2^53 is only roughly right. */
  uint(): number {
    const [low, middle, high] = this.#varint()
    return low + middle * 2 ** 28 + high * 2 ** 56
  }

  /** A view of the bytes of a length-delimited field. */
  bytes(): Uint8Array {
    return this.#reader.take(this.uint())
  }

  #tag(): { readonly number: number; readonly type: number } {
    const tag = this.uint()
    const number = Math.floor(tag / 8)
    if (number < 1 || number > maxFieldNumber) throw this.corrupt('found a field number out of range')
    return { number, type: tag % 8 }
  }

  // Ten bytes at most: 28 bits, 28 bits and 8 bits.
  #varint(): readonly [number, number, number] {
    const parts: [number, number, number] = [0, 0, 0]
    for (let i = 0; i < 10; i++) {
      const byte = this.#reader.u8()
      if (i === 9 && byte > 1) break
      parts[Math.floor(i / 4) as 0 | 1 | 2] += (byte & 0x7f) * 2 ** (7 * (i % 4))
      if (byte < 0x80) return parts
    }
    throw this.corrupt(`found a varint above 64 bits before offset ${this.#reader.position}`)
  }

  #skip(number: number, type: number): void {
    const open: number[] = []
    let [field, kind] = [number, type]
    for (;;) {
      if (kind === wireType.startGroup) open.push(field)
      else if (kind !== wireType.endGroup) this.#skipValue(kind)
      else if (open.pop() !== field) throw this.corrupt('found the end of a group that was not open')
      if (open.length === 0) return
      if (open.length > maxDepth) throw this.corrupt(`found groups more than ${maxDepth} deep`)
      const tag = this.#tag()
      field = tag.number
      kind = tag.type
    }
  }

  #skipValue(type: number): void {
    if (type === wireType.varint) this.#varint()
    else if (type === wireType.fixed64) this.#reader.take(8)
    else if (type === wireType.bytes) this.bytes()
    else if (type === wireType.fixed32) this.#reader.take(4)
    else throw this.corrupt(`found the unknown wire type ${type}`)
  }
}

/** Writes a length-delimited field; `number` is below 16. */
export function writeBytes(writer: ByteWriter, number: number, bytes: Uint8Array): void {
  writer.u8(number * 8 + wireType.bytes)
  writer.varint(bytes.byteLength)
  writer.bytes(bytes)
}

/** Writes a signed integer of 64 bits as a varint field, zero too; what is out of range becomes the nearest in range. */
export function writeInt64(writer: ByteWriter, number: number, value: bigint): void {
  writer.u8(number * 8 + wireType.varint)
  const inRange = value > maxInt64 ? maxInt64 : value < minInt64 ? minInt64 : value
  const unsigned = BigInt.asUintN(64, inRange)
  let low = Number(unsigned & 0xfffffffn)
  const high = Number(unsigned >> 28n)
  for (let i = 0; i < 4 && (low >= 0x80 || high > 0); i++) {
    writer.u8((low & 0x7f) | 0x80)
    low >>>= 7
  }
  writer.varint(high > 0 ? high : low)
}

/** How many bytes a field of `byteLength` bytes takes at most. */
export function fieldRoom(byteLength: number): number {
  return byteLength + 6
}
