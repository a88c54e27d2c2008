// The bytes of a log: docs/FORMAT.md, section 15.
import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { digest, digestBytes } from '../bytes/digest.ts'
import { utf8Decode, utf8Encode } from '../bytes/utf8.ts'
import { isKeySize } from '../core/check.ts'
import { sameBytes } from '../core/same-bytes.ts'

/** The version of the format that is written, and the highest that is read. */
export const logVersion = 1
/** Size of the header of a log. */
export const headerBytes = 40
/** Size of the head of a frame, before its table. */
export const frameHeadBytes = 48

const headerMagic = 0x474c4f43 // 'COLG'
const frameMagic = 0x524c4f43 // 'COLR'
const kinds = { store: 1, remove: 2 } as const

/** What the first bytes of a log say. */
export interface LogHeader {
  readonly version: number
  /** Drawn at random for each log, 0 to 2^32 - 1: what an older log left in the file is not taken for a part of this one. */
  readonly id: number
  /** Of two logs the one of the higher generation counts. */
  readonly generation: number
  /** What was flushed before the header was written: the log as compaction made it, header included. */
  readonly baseBytes: number
}

/** Where a value is in its log, and what its bytes must come to. */
export interface ValuePlace {
  readonly at: number
  readonly byteLength: number
  readonly digest: Uint8Array
}

/** What a frame did to one key; without a place it was removed. */
export interface LogRecord {
  readonly key: string
  readonly place: ValuePlace | undefined
}

/** A frame that is whole up to its values, which are not looked at. */
export interface LogFrame {
  readonly at: number
  /** Where the next one starts. */
  readonly end: number
  /** How much of the log its writer knew to be flushed. */
  readonly flushedBytes: number
  readonly records: readonly LogRecord[]
}

/** What the head of a frame says, before it is known to be true. */
export interface FrameSizes {
  readonly flushedBytes: number
  readonly tableBytes: number
  readonly valueBytes: number
}

/** Where a frame goes. */
export interface FramePlace {
  readonly id: number
  readonly at: number
  readonly flushedBytes: number
}

/** What a frame does to a key: stores a value of that size and digest, or without them removes it. */
export interface FrameChange {
  readonly key: string
  readonly value: Pick<ValuePlace, 'byteLength' | 'digest'> | undefined
}

/** A frame that is to be written. */
export interface NewFrame {
  readonly frame: LogFrame
  /** Its head and table; the values follow, in the order of the changes. */
  readonly head: Uint8Array
}

/** The bytes of `header`. */
export function encodeHeader({ version, id, generation, baseBytes }: LogHeader): Uint8Array {
  const writer = new ByteWriter(headerBytes)
  writer.u32(headerMagic)
  writer.u8(version)
  writer.u8(0)
  writer.u16(0)
  writer.u32(id)
  writer.u48(generation)
  writer.u48(baseBytes)
  writer.bytes(digest(writer.written()))
  return writer.finish()
}

/** The header at the start of `bytes`; `undefined` if there is none that is whole. */
export function decodeHeader(bytes: Uint8Array): LogHeader | undefined {
  if (bytes.byteLength < headerBytes) return undefined
  const said = bytes.subarray(0, headerBytes - digestBytes)
  if (!sameBytes(digest(said), bytes.subarray(said.byteLength, headerBytes))) return undefined
  const reader = new ByteReader(said)
  if (reader.u32() !== headerMagic) return undefined
  const version = reader.u8()
  const reserved = reader.u8() + reader.u16()
  const header = { version, id: reader.u32(), generation: reader.u48(), baseBytes: reader.u48() }
  return version > logVersion || (version > 0 && reserved === 0) ? header : undefined
}

/** The frame that does `changes`, one after the other. */
export function encodeFrame(place: FramePlace, changes: readonly FrameChange[]): NewFrame {
  const table = new ByteWriter(64 * changes.length)
  let valueBytes = 0
  for (const { key, value } of changes) {
    const bytes = utf8Encode(key)
    table.u8(value === undefined ? kinds.remove : kinds.store)
    table.u16(bytes.byteLength)
    table.bytes(bytes)
    if (value === undefined) continue
    table.varint(value.byteLength)
    table.bytes(value.digest)
    valueBytes += value.byteLength
  }
  const head = encodeHead(place, table.written(), valueBytes)
  const { at, flushedBytes } = place
  let valueAt = at + head.byteLength
  const records = changes.map(({ key, value }): LogRecord => {
    if (value === undefined) return { key, place: undefined }
    const { byteLength, digest } = value
    valueAt += byteLength
    return { key, place: { at: valueAt - byteLength, byteLength, digest } }
  })
  return { head, frame: { at, end: valueAt, flushedBytes, records } }
}

/** How many bytes a value takes in a log, without its share of a frame's head. */
export function recordBytes(keyBytes: number, valueBytes: number): number {
  return 3 + keyBytes + varintBytes(valueBytes) + digestBytes + valueBytes
}

/** What the head of a frame at `at` says; `undefined` if it is none of this log. */
export function decodeFrameHead(head: Uint8Array, id: number, at: number): FrameSizes | undefined {
  if (head.byteLength < frameHeadBytes) return undefined
  const reader = new ByteReader(head)
  if (reader.u32() !== frameMagic || reader.u32() !== id || reader.u48() !== at) return undefined
  const sizes = { flushedBytes: reader.u48(), tableBytes: reader.u32(), valueBytes: reader.u48() }
  return reader.u16() === 0 && sizes.flushedBytes <= at ? sizes : undefined
}

/** The frame whose head and table are `bytes`; `undefined` if they are damaged. */
export function decodeFrame(bytes: Uint8Array, at: number, sizes: FrameSizes): LogFrame | undefined {
  const table = bytes.subarray(frameHeadBytes)
  const sum = bytes.subarray(frameHeadBytes - digestBytes, frameHeadBytes)
  if (!sameBytes(frameDigest(bytes.subarray(0, frameHeadBytes - digestBytes), table), sum)) return undefined
  const valuesAt = at + bytes.byteLength
  const end = valuesAt + sizes.valueBytes
  const records = decodeTable(table, valuesAt, end)
  return records && { at, end, flushedBytes: sizes.flushedBytes, records }
}

/** The first eight bytes of every frame of the log `id`. */
export function frameMark(id: number): Uint8Array {
  const writer = new ByteWriter(8)
  writer.u32(frameMagic)
  writer.u32(id)
  return writer.finish()
}

function encodeHead({ id, at, flushedBytes }: FramePlace, table: Uint8Array, valueBytes: number): Uint8Array {
  const writer = new ByteWriter(frameHeadBytes + table.byteLength)
  writer.u32(frameMagic)
  writer.u32(id)
  writer.u48(at)
  writer.u48(flushedBytes)
  writer.u32(table.byteLength)
  writer.u48(valueBytes)
  writer.u16(0)
  writer.bytes(frameDigest(writer.written(), table))
  writer.bytes(table)
  return writer.finish()
}

function frameDigest(head: Uint8Array, table: Uint8Array): Uint8Array {
  const all = new Uint8Array(head.byteLength + table.byteLength)
  all.set(head)
  all.set(table, head.byteLength)
  return digest(all)
}

// Its digest is right: what is wrong here was written so.
function decodeTable(table: Uint8Array, valuesAt: number, end: number): LogRecord[] | undefined {
  const reader = new ByteReader(table)
  const records: LogRecord[] = []
  let at = valuesAt
  try {
    while (reader.remaining > 0) {
      const kind = reader.u8()
      const key = utf8Decode(reader.take(reader.u16()))
      if (!isKeySize(key) || (kind !== kinds.store && kind !== kinds.remove)) return undefined
      if (kind === kinds.remove) {
        records.push({ key, place: undefined })
        continue
      }
      const byteLength = reader.varint()
      // A copy: a view would keep the table.
      records.push({ key, place: { at, byteLength, digest: new Uint8Array(reader.take(digestBytes)) } })
      at += byteLength
    }
  } catch {
    return undefined
  }
  return at === end ? records : undefined
}

function varintBytes(value: number): number {
  let count = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) count++
  return count
}
