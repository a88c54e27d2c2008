import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { digest, digestBytes } from '../bytes/digest.ts'
import { utf8Decode, utf8Encode } from '../bytes/utf8.ts'
import { sameBytes } from '../core/same-bytes.ts'

const magic = Uint8Array.of(0x43, 0x53, 0x47, 0x49) // CSGI
const version = 1

/** The bytes of an index: names of records and their sizes, least recently used first. */
export function encodeIndex(group: string, sizes: ReadonlyMap<string, number>): Uint8Array {
  const writer = new ByteWriter(64 + sizes.size * 32)
  writer.bytes(magic)
  writer.u8(version)
  writeText(writer, group)
  writer.varint(sizes.size)
  for (const [name, size] of sizes) {
    writeText(writer, name)
    writer.varint(size)
  }
  writer.bytes(digest(writer.written()))
  return writer.finish()
}

/** What {@link encodeIndex} made for this group; `undefined` for everything else. Never throws. */
export function decodeIndex(group: string, bytes: unknown): Map<string, number> | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined
  try {
    return read(group, bytes)
  } catch {
    return undefined
  }
}

function read(group: string, bytes: Uint8Array): Map<string, number> | undefined {
  const end = bytes.byteLength - digestBytes
  if (end < magic.length || !sameBytes(bytes.subarray(0, magic.length), magic)) return undefined
  if (!sameBytes(digest(bytes.subarray(0, end)), bytes.subarray(end))) return undefined
  const reader = new ByteReader(bytes.subarray(0, end), 'an index')
  reader.take(magic.length)
  if (reader.u8() !== version || readText(reader) !== group) return undefined
  const sizes = new Map<string, number>()
  // A count that lies ends with the bytes: nothing is made room for in advance.
  for (let left = reader.varint(); left > 0; left--) {
    const name = readText(reader)
    sizes.set(name, reader.varint())
  }
  reader.done()
  return sizes
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = utf8Encode(text)
  writer.varint(bytes.byteLength)
  writer.bytes(bytes)
}

function readText(reader: ByteReader): string {
  return utf8Decode(reader.take(reader.varint()))
}
