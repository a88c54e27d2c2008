import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { deflate, inflate } from '../bytes/deflate.ts'
import { utf8Decode, utf8Encode } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'
import { type Cipher, nonceBytes } from './aes-gcm.ts'
import { formatVersion, type Role, roleOf, roles, sealedFlag } from './head.ts'

/** What a segment says once it is opened; docs/FORMAT.md section 3. */
export interface Segment {
  readonly role: Role
  /** Id of the value codec of the payload. */
  readonly codec: number
  /** Elements in the payload; 1 for a plain value. */
  readonly count: number
  readonly payload: Uint8Array
}

/** How segments are protected; the same for all of a cache. */
export interface SegmentOptions {
  readonly compress: boolean
  readonly cipher: Cipher | undefined
}

const magic = 0x47535343 // "CSSG", little-endian
const headerBytes = 16
const deflatedFlag = 1
// Smaller payloads gain nothing worth the time.
const minCompressBytes = 512

/** The bytes of `segment` under `key`. */
export async function encodeSegment(segment: Segment, key: string, options: SegmentOptions): Promise<Uint8Array> {
  let payload = segment.payload
  let flags = 0
  if (options.compress && payload.byteLength >= minCompressBytes) {
    const small = await deflate(payload)
    if (small.byteLength < payload.byteLength) {
      payload = small
      flags |= deflatedFlag
    }
  }
  const { cipher } = options
  if (cipher !== undefined) flags |= sealedFlag
  const writer = new ByteWriter(headerBytes + payload.byteLength)
  writer.u32(magic)
  writer.u8(formatVersion)
  writer.u8(roles[segment.role])
  writer.u8(segment.codec)
  writer.u8(flags)
  writer.u32(segment.count)
  writer.u32(segment.payload.byteLength)
  if (cipher === undefined) {
    writer.bytes(payload)
    // All of the writer's bytes, which nobody else sees: a copy would only cost memory.
    return writer.written()
  }
  const keyId = utf8Encode(cipher.keyId)
  writer.u8(keyId.byteLength)
  writer.bytes(keyId)
  const sealed = await cipher.seal(payload, boundData(writer.finish(), key))
  writer.bytes(sealed.nonce)
  writer.bytes(sealed.bytes)
  return writer.finish()
}

/** Undoes {@link encodeSegment}. Throws `CORRUPT`, `FORMAT_NEWER` or `DECRYPT_FAILED`. */
export async function decodeSegment(bytes: Uint8Array, key: string, cipher: Cipher | undefined): Promise<Segment> {
  const reader = new ByteReader(bytes, 'segment')
  if (reader.u32() !== magic) throw reader.corrupt('it does not begin with its magic')
  const version = reader.u8()
  if (version > formatVersion) {
    throw new CacheError('FORMAT_NEWER', `Cannot read segment: its format is ${version}, known is ${formatVersion}`)
  }
  const role = roleOf(reader.u8())
  const codec = reader.u8()
  const flags = reader.u8()
  if (version !== formatVersion || (flags & ~(deflatedFlag | sealedFlag)) !== 0) {
    throw reader.corrupt('its version or flags are not allowed')
  }
  const count = reader.u32()
  const rawLength = reader.u32()
  const isSealed = (flags & sealedFlag) !== 0
  // The seal of the head does not vouch for it: the digest by which it names a segment can be met on purpose.
  if (!isSealed && cipher?.acceptPlain === false) {
    throw new CacheError(
      'DECRYPT_FAILED',
      'Cannot read segment: it is not sealed, and the cache takes only sealed ones',
    )
  }
  let payload = isSealed ? await open(reader, bytes, key, cipher) : reader.take(reader.remaining)
  if ((flags & deflatedFlag) !== 0) payload = await inflate(payload, rawLength)
  if (payload.byteLength !== rawLength) {
    throw reader.corrupt(`${payload.byteLength} bytes of payload, its header says ${rawLength}`)
  }
  return { role, codec, count, payload: plainBytes(payload) }
}

// A store or a platform's inflate may give a Buffer, whose slice() does not copy: bytes in a state would share memory.
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function open(
  reader: ByteReader,
  bytes: Uint8Array,
  key: string,
  cipher: Cipher | undefined,
): Promise<Uint8Array> {
  const keyIdLength = reader.u8()
  const keyId = readKeyId(reader.take(keyIdLength))
  const header = bytes.subarray(0, headerBytes + 1 + keyIdLength)
  const nonce = reader.take(nonceBytes)
  const sealed = reader.take(reader.remaining)
  return await needCipher(cipher).open(keyId, nonce, sealed, boundData(header, key))
}

/** The id of a key, as it stands before a nonce. Throws `CORRUPT`. */
export function readKeyId(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw new CacheError('CORRUPT', 'Cannot read segment: the id of its key is not UTF-8', { cause })
  }
}

/** `cipher`, or `DECRYPT_FAILED` where sealed bytes are met without one. */
export function needCipher(cipher: Cipher | undefined): Cipher {
  if (cipher === undefined) throw new CacheError('DECRYPT_FAILED', 'Cannot decrypt: the cache was given no keys')
  return cipher
}

/** What AES-GCM binds sealed bytes to: all that stands before the nonce, and the key they are stored under. */
export function boundData(header: Uint8Array, key: string): Uint8Array {
  const keyBytes = utf8Encode(key)
  const data = new Uint8Array(header.byteLength + keyBytes.byteLength)
  data.set(header)
  data.set(keyBytes, header.byteLength)
  return data
}
