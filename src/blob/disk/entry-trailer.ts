import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { digest, digestBytes } from '../../bytes/digest.ts'
import { fromHex, toHex } from '../../bytes/hex.ts'
import { compareUtf8, utf8Decode, utf8Encode } from '../../bytes/utf8.ts'
import { setOwn } from '../../codec/set-own.ts'
import { sameBytes } from '../../core/same-bytes.ts'
import { CacheError } from '../../errors.ts'
import { type BlobMeta, makeBlobMeta } from '../blob-meta.ts'

// docs/FORMAT.md, section 14, says what every byte is.
const magic = 0x4c425343 // "CSBL"
const endMagic = 0x45425343 // "CSBE"
const version = 1
// As version 1, but the body is a file of its own.
const referenceVersion = 2
const expiresFlag = 1
const sourceFlag = 2
const knownFlags = expiresFlag | sourceFlag

/** Bytes at the very end of an entry: its digest, the length of its trailer, and "CSBE". */
export const endBytes: number = digestBytes + 8
/** No trailer is longer: 16 MiB of metadata are refused rather than kept. */
export const maxTrailerBytes: number = 16 * 1024 * 1024

/** What an entry says of itself. */
export interface Trailer {
  readonly namespace: string
  readonly key: string
  readonly meta: BlobMeta
  /** Whether the body is a file of its own, and not what precedes the trailer. */
  readonly isReference: boolean
}

/** The bytes that follow the body, if it is there, in the file of an entry. */
export function encodeTrailer({ namespace, key, meta, isReference }: Trailer): Uint8Array {
  const { expiresAt, sourceEtag } = meta
  const writer = new ByteWriter(512)
  writer.u32(magic)
  writer.u8(isReference ? referenceVersion : version)
  writer.u8((expiresAt === undefined ? 0 : expiresFlag) | (sourceEtag === undefined ? 0 : sourceFlag))
  writer.u48(meta.size)
  writer.bytes(fromHex(meta.etag)!)
  writer.f64(meta.updatedAt.getTime())
  writer.f64(expiresAt?.getTime() ?? 0)
  for (const text of [namespace, key, meta.contentType, sourceEtag ?? '']) writeText(writer, text)
  const entries = Object.entries(meta.metadata).sort(([a], [b]) => compareUtf8(a, b))
  writer.varint(entries.length)
  for (const [name, value] of entries) {
    writeText(writer, name)
    writeText(writer, value)
  }
  writer.bytes(digest(writer.written()))
  writer.u32(writer.byteLength + 8)
  writer.u32(endMagic)
  return writer.finish()
}

/** Length of the trailer that ends `bytes`, the last {@link endBytes} of a file or more; `undefined` if none does. */
export function trailerLength(bytes: Uint8Array): number | undefined {
  const at = bytes.byteLength - 8
  if (at < digestBytes || u32At(bytes, at + 4) !== endMagic) return undefined
  const length = u32At(bytes, at)
  return length > endBytes && length <= maxTrailerBytes ? length : undefined
}

// A view would take as long to make as half of the trailer to decode.
function u32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

/** Reads exactly what {@link encodeTrailer} gives, or throws `CORRUPT`; `FORMAT_NEWER` for what a later version wrote. */
export function decodeTrailer(bytes: Uint8Array): Trailer {
  const covered = bytes.subarray(0, bytes.byteLength - endBytes)
  const reader = new ByteReader(covered, 'a blob entry')
  if (trailerLength(bytes) !== bytes.byteLength) throw reader.corrupt('its end is not one')
  const sum = bytes.subarray(covered.byteLength, covered.byteLength + digestBytes)
  if (!sameBytes(digest(covered), sum)) throw reader.corrupt('its trailer does not have its digest')
  if (reader.u32() !== magic) throw reader.corrupt('found another magic')
  const found = reader.u8()
  if (found > referenceVersion) {
    const problem = `found version ${found}, known are up to ${referenceVersion}`
    throw new CacheError('FORMAT_NEWER', `Cannot read a blob entry: ${problem}`)
  }
  if (found < version) throw reader.corrupt(`found version ${found}, wanted ${version} or ${referenceVersion}`)
  const flags = reader.u8()
  if ((flags & ~knownFlags) !== 0) throw reader.corrupt(`found flags ${flags}`)
  const size = reader.u48()
  const etag = toHex(reader.take(32))
  const updatedAtMs = readTime(reader)
  const expiresAtMs = readTime(reader)
  const [namespace, key, contentType, source] = [readText(reader), readText(reader), readText(reader), readText(reader)]
  const metadata: Record<string, string> = {}
  for (let count = reader.varint(); count > 0; count--) {
    const name = readText(reader)
    setOwn(metadata, name, readText(reader))
  }
  reader.done()
  const expiresAt = (flags & expiresFlag) === 0 ? undefined : new Date(expiresAtMs)
  const sourceEtag = (flags & sourceFlag) === 0 ? undefined : source
  const meta = makeBlobMeta(size, etag, updatedAtMs, { contentType, expiresAt, metadata, sourceEtag })
  return { namespace, key, meta, isReference: found === referenceVersion }
}

// What a Date can hold.
function readTime(reader: ByteReader): number {
  const ms = reader.f64()
  if (!(Math.abs(ms) <= 8.64e15)) throw reader.corrupt('found a time that is none')
  return ms
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = utf8Encode(text)
  writer.varint(bytes.byteLength)
  writer.bytes(bytes)
}

function readText(reader: ByteReader): string {
  const length = reader.varint()
  if (length === 0) return ''
  const bytes = reader.take(length)
  try {
    return utf8Decode(bytes)
  } catch {
    throw reader.corrupt('found text that is not UTF-8')
  }
}
