import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { digest, digestBytes } from '../bytes/digest.ts'
import { utf8Decode, utf8Encode } from '../bytes/utf8.ts'
import { sameBytes } from '../core/same-bytes.ts'
import { type Entry, entryFromWire } from './entry.ts'

/** Whose a record is: what it must say of itself to be believed. */
export interface RecordOwner {
  readonly group: string
  /** The bytes of the key. */
  readonly key: Uint8Array
}

/** A value of a group as it lies in a store. */
export interface GroupRecord {
  readonly entry: Entry
  /** The run of the process that wrote it. */
  readonly runId: string
  /** When it was written, in milliseconds since 1970. */
  readonly storedAtMs: number
}

const magic = Uint8Array.of(0x43, 0x53, 0x47, 0x52) // CSGR
const version = 1
const maxInt64 = 2n ** 63n - 1n
// Room for everything but the texts and the value.
const fixedBytes = 64

/** The bytes of a record; docs/FORMAT.md, "Records of a group". */
export function encodeRecord(owner: RecordOwner, record: GroupRecord): Uint8Array {
  const { value } = record.entry
  const writer = new ByteWriter(fixedBytes + owner.group.length + owner.key.length + value.length)
  writer.bytes(magic)
  writer.u8(version)
  writeBytes(writer, utf8Encode(owner.group))
  writeBytes(writer, owner.key)
  writeBytes(writer, utf8Encode(record.runId))
  writeInt64(writer, record.entry.expireNs)
  writer.f64(record.storedAtMs)
  writeBytes(writer, value)
  writer.bytes(digest(writer.written()))
  return writer.finish()
}

/**
 * What {@link encodeRecord} made for this owner; `undefined` for everything else: another owner's, damaged, cut, of a newer
 * version, no bytes at all. Never throws. The value is a view of `bytes`.
 */
export function decodeRecord(owner: RecordOwner, bytes: unknown): GroupRecord | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined
  try {
    const found = read(bytes)
    if (found?.group !== owner.group || !sameBytes(found.key, owner.key)) return undefined
    return found.record
  } catch {
    return undefined
  }
}

/** As {@link decodeRecord} for whichever key the record is of; tells that key. */
export function decodeRecordOf(group: string, bytes: unknown): { key: Uint8Array; record: GroupRecord } | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined
  try {
    const found = read(bytes)
    return found?.group === group ? found : undefined
  } catch {
    return undefined
  }
}

function read(bytes: Uint8Array): (RecordOwner & { readonly record: GroupRecord }) | undefined {
  const end = bytes.byteLength - digestBytes
  // The start first, so that what is not a record at all costs no digest.
  if (end < magic.length || !sameBytes(bytes.subarray(0, magic.length), magic)) return undefined
  if (!sameBytes(digest(bytes.subarray(0, end)), bytes.subarray(end))) return undefined
  const reader = new ByteReader(bytes.subarray(0, end), 'a record')
  reader.take(magic.length)
  if (reader.u8() !== version) return undefined
  const group = utf8Decode(readBytes(reader))
  const key = readBytes(reader)
  const runId = utf8Decode(readBytes(reader))
  const expireNs = readInt64(reader)
  const storedAtMs = reader.f64()
  const value = readBytes(reader)
  reader.done()
  if (Number.isNaN(storedAtMs)) return undefined
  return { group, key, record: { entry: entryFromWire(value, expireNs), runId, storedAtMs } }
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.byteLength)
  writer.bytes(bytes)
}

function readBytes(reader: ByteReader): Uint8Array {
  return reader.take(reader.varint())
}

// An instant beyond the year 2262 is kept as the last one that fits, as it cannot be sent either.
function writeInt64(writer: ByteWriter, value: bigint): void {
  const fitting = value > maxInt64 ? maxInt64 : value < -maxInt64 ? -maxInt64 : value
  const bytes = writer.reserve(8)
  new DataView(bytes.buffer, bytes.byteOffset).setBigInt64(0, fitting, true)
}

function readInt64(reader: ByteReader): bigint {
  const bytes = reader.take(8)
  return new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true)
}
