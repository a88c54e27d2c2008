import { utf8Decode, utf8Encode } from '../../bytes/utf8.ts'
import type { CodecId } from '../../codec/codec.ts'
import { CacheError } from '../../errors.ts'
import { type Id64, readId, readUint16, readUint64 } from './id64.ts'

/** A value as it lies in Redis: docs/PROTOCOL.md, "Records". */
export interface NativeRecord {
  /** 0 is a tombstone: the key was deleted. */
  readonly codec: CodecId | 0
  readonly epoch: Id64
  readonly sequence: number
  /** In milliseconds since 1970 by the clock of Redis; 0 is for ever. */
  readonly freshUntil: number
  /** On the same clock; 0 is never. */
  readonly expiresAt: number
  readonly tags: readonly string[]
  /** A view of the bytes. */
  readonly body: Uint8Array
}

/** Bytes before the tags: they tell one record of a key from any other. */
export const recordHeadBytes = 36

/** The most tags that a record can have. */
export const maxTags = 255

const maxTagBytes = 0xffff
const version = 1
const codecAt = 3
const epochAt = 4
const sequenceAt = 12
const freshUntilAt = 20
const expiresAtAt = 28
const noTags: readonly string[] = []
const oneZero = new Uint8Array(1)

/** Reads a record; throws `CORRUPT` for everything that is none, one of a newer version among that. */
export function decodeRecord(bytes: Uint8Array): NativeRecord {
  if (bytes.byteLength <= recordHeadBytes) throw corrupt('it is too short')
  if (bytes[0] !== 0x63 || bytes[1] !== 0x73) throw corrupt('it does not begin as one')
  if (bytes[2] !== version) throw corrupt(`wanted version ${version}, found another`)
  const codec = bytes[codecAt]!
  if (codec !== 0 && codec !== 1 && codec !== 2 && codec !== 3) throw corrupt('its codec is unknown')
  const sequence = readUint64(bytes, sequenceAt)
  const freshUntil = readUint64(bytes, freshUntilAt)
  const expiresAt = readUint64(bytes, expiresAtAt)
  // NaN, for a number that is too large, makes the sum NaN.
  if (Number.isNaN(sequence + freshUntil + expiresAt)) throw corrupt('found a number above 2^53 - 1')
  const count = bytes[recordHeadBytes]!
  const tags: string[] = []
  let at = recordHeadBytes + 1
  for (let i = 0; i < count; i++) {
    if (at + 2 > bytes.byteLength) throw corrupt('it ends within its tags')
    const end = at + 2 + readUint16(bytes, at)
    if (end > bytes.byteLength) throw corrupt('it ends within its tags')
    tags.push(decodeText(bytes.subarray(at + 2, end)))
    at = end
  }
  return {
    codec,
    epoch: readId(bytes, epochAt),
    sequence,
    freshUntil,
    expiresAt,
    tags: count === 0 ? noTags : tags,
    body: bytes.subarray(at),
  }
}

/** The part of a record that tells its tags; throws a RangeError for more or longer ones than a record takes. */
export function encodeTags(tags: readonly string[]): Uint8Array {
  if (tags.length === 0) return oneZero
  if (tags.length > maxTags) throw new RangeError(`A value can have ${maxTags} tags, received ${tags.length}`)
  const texts = tags.map(utf8Encode)
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + 2 + text.byteLength, 1))
  bytes[0] = tags.length
  let at = 1
  for (const text of texts) {
    if (text.byteLength > maxTagBytes) throw new RangeError(`A tag can have ${maxTagBytes} bytes, received more`)
    bytes[at] = text.byteLength >> 8
    bytes[at + 1] = text.byteLength
    bytes.set(text, at + 2)
    at += 2 + text.byteLength
  }
  return bytes
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch {
    throw corrupt('a tag is not UTF-8')
  }
}

function corrupt(problem: string): CacheError {
  return new CacheError('CORRUPT', `Cannot read a record in Redis: ${problem}`)
}
