import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { digest, digestBytes } from '../bytes/digest.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { utf8Decode, utf8Encode } from '../bytes/utf8.ts'
import { setOwn } from '../codec/set-own.ts'
import { sameBytes } from '../core/same-bytes.ts'
import { CacheError } from '../errors.ts'
import { type BlobMeta, makeBlobMeta } from './blob-meta.ts'

/** The record under the key of a blob in a `Store`: what it is, and where its body lies. */
export interface BlobManifest {
  readonly namespace: string
  readonly key: string
  readonly meta: BlobMeta
  /** Names the chunks: 32 hex digits, drawn for one put. */
  readonly id: string
  /** Length of every chunk but the last. */
  readonly chunkBytes: number
  /** The digest of each chunk, in order. */
  readonly digests: readonly Uint8Array[]
}

// "CSBM" in the order of the bytes.
const magic = 0x4d42_5343
const version = 1
const hasExpiry = 1
const hasSource = 2

/** How many chunks a body of `size` bytes has. */
export function chunkCount(size: number, chunkBytes: number): number {
  return Math.ceil(size / chunkBytes)
}

export function encodeManifest({ namespace, key, meta, id, chunkBytes, digests }: BlobManifest): Uint8Array {
  const writer = new ByteWriter(512 + digests.length * digestBytes)
  const text = (value: string): void => {
    const bytes = utf8Encode(value)
    writer.varint(bytes.byteLength)
    writer.bytes(bytes)
  }
  writer.u32(magic)
  writer.u8(version)
  text(namespace)
  text(key)
  writer.u8((meta.expiresAt === undefined ? 0 : hasExpiry) | (meta.sourceEtag === undefined ? 0 : hasSource))
  writer.f64(meta.updatedAt.getTime())
  if (meta.expiresAt !== undefined) writer.f64(meta.expiresAt.getTime())
  if (meta.sourceEtag !== undefined) text(meta.sourceEtag)
  text(meta.contentType)
  const pairs = Object.entries(meta.metadata)
  writer.varint(pairs.length)
  for (const pair of pairs) pair.forEach(text)
  writer.varint(meta.size)
  writer.bytes(fromHex(meta.etag)!)
  writer.bytes(fromHex(id)!)
  writer.varint(chunkBytes)
  for (const each of digests) writer.bytes(each)
  writer.bytes(digest(writer.written()))
  return writer.finish()
}

/** The manifest that `bytes` are; throws `CORRUPT`, or `FORMAT_NEWER` for a sound one of a later version. */
export function decodeManifest(bytes: Uint8Array): BlobManifest {
  const reader = new ByteReader(bytes, 'manifest of a blob')
  const end = bytes.byteLength - digestBytes
  // Every version begins with magic and version and ends with the digest of what is before.
  if (end < 5 || reader.u32() !== magic) throw reader.corrupt('its first bytes are not those of a manifest')
  if (!sameBytes(digest(bytes.subarray(0, end)), bytes.subarray(end))) throw reader.corrupt('its digest is wrong')
  const found = reader.u8()
  if (found > version) {
    throw new CacheError('FORMAT_NEWER', `Cannot read a blob: found version ${found}, wanted at most ${version}`)
  }
  return readFields(new ByteReader(bytes.subarray(5, end), 'manifest of a blob'))
}

function readFields(reader: ByteReader): BlobManifest {
  const text = (): string => {
    try {
      return utf8Decode(reader.take(reader.varint()))
    } catch (cause) {
      throw cause instanceof CacheError ? cause : reader.corrupt('a text is not UTF-8')
    }
  }
  const namespace = text()
  const key = text()
  const flags = reader.u8()
  const updatedAtMs = reader.f64()
  const expiresAt = flags & hasExpiry ? new Date(reader.f64()) : undefined
  const sourceEtag = flags & hasSource ? text() : undefined
  const contentType = text()
  const metadata: Record<string, string> = {}
  for (let left = reader.varint(); left > 0; left--) setOwn(metadata, text(), text())
  const size = reader.varint()
  const etag = toHex(reader.take(32))
  const id = toHex(reader.take(16))
  const chunkBytes = reader.varint()
  // Held against what is there before an array is made: a size is only a number.
  if (chunkBytes < 1 || chunkCount(size, chunkBytes) * digestBytes !== reader.remaining) {
    throw reader.corrupt(`found ${reader.remaining} bytes of digests for a body of ${size} bytes`)
  }
  const digests = Array.from({ length: chunkCount(size, chunkBytes) }, () => reader.take(digestBytes).slice())
  const meta = makeBlobMeta(size, etag, updatedAtMs, { contentType, expiresAt, metadata, sourceEtag })
  return { namespace, key, meta, id, chunkBytes, digests }
}
