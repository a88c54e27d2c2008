import type { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'

const widths = [0, 1, 2, 4, 8, 16, 24, 32] as const

/** Writes the first `count` of `values`, integers of 0 to 2^32 - 1: the smallest, the bits per difference, the differences. */
export function writePacked(out: ByteWriter, values: Uint32Array, count: number): void {
  let low = 0xffff_ffff
  let high = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (value < low) low = value
    if (value > high) high = value
  }
  // Bytes that need no sum are cheaper to read, so a low that saves nothing is not used.
  if (count === 0 || (high < 0x100 && high - low > 15)) low = 0
  out.varint(low)
  writeDifferences(out, values, count, low, high - low)
}

function writeDifferences(out: ByteWriter, values: Uint32Array, count: number, low: number, range: number): void {
  const width = count === 0 ? 0 : widths.find(bits => range < 2 ** bits)!
  out.u8(width)
  const target = out.reserve(packedBytes(width, count))
  if (width < 8) {
    const perByte = 8 / width
    for (let i = 0; i < count && width > 0; i++) {
      target[Math.floor(i / perByte)]! |= (values[i]! - low) << ((i % perByte) * width)
    }
    return
  }
  let at = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]! - low
    target[at++] = value
    if (width > 8) target[at++] = value >>> 8
    if (width > 16) target[at++] = value >>> 16
    if (width > 24) target[at++] = value >>> 24
  }
}

/** Integers that were packed: a view of the bytes where those are the integers. */
export type PackedIntegers = Uint8Array | Uint32Array

/** Reads what {@link writePacked} wrote. The caller bounds `count` first: it may take no bytes at all. */
export function readPacked(reader: ByteReader, count: number): PackedIntegers {
  const low = reader.varint()
  const width = reader.u8()
  if (low > 0xffff_ffff || !widths.some(known => known === width)) {
    throw reader.corrupt(`found integers of ${width} bits above ${low}`)
  }
  const source = reader.take(packedBytes(width, count))
  if (width === 8 && low === 0) return source
  const values = new Uint32Array(count)
  if (width < 8) readBits(reader, source, values, width)
  else readBytes(source, values, width >> 3)
  if (low > 0) addTo(reader, values, low)
  return values
}

function addTo(reader: ByteReader, values: Uint32Array, low: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]! + low
    if (value > 0xffff_ffff) throw reader.corrupt('found an integer beyond 32 bits')
    values[i] = value
  }
}

function readBits(reader: ByteReader, source: Uint8Array, values: Uint32Array, width: number): void {
  if (width === 0) return
  const count = values.length
  const shift = width === 1 ? 3 : width === 2 ? 2 : 1
  const inByte = (1 << shift) - 1
  const mask = (1 << width) - 1
  for (let i = 0; i < count; i++) values[i] = (source[i >> shift]! >> ((i & inByte) * width)) & mask
  const used = (count & inByte) * width
  if (used > 0 && source[source.length - 1]! >> used !== 0) throw reader.corrupt('found bits after the last integer')
}

function readBytes(source: Uint8Array, values: Uint32Array, size: number): void {
  const count = values.length
  if (size === 1) {
    values.set(source)
    return
  }
  let at = 0
  for (let i = 0; i < count; i++, at += size) {
    let value = source[at]! | (source[at + 1]! << 8)
    if (size > 2) value |= source[at + 2]! << 16
    if (size > 3) value |= source[at + 3]! << 24
    values[i] = value
  }
}

function packedBytes(width: number, count: number): number {
  return Math.ceil((count * width) / 8)
}
