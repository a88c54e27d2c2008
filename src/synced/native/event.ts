import { utf8Decode } from '../../bytes/utf8.ts'
import { CacheError } from '../../errors.ts'
import { type Id64, readId, readUint16, readUint64 } from './id64.ts'

/** What an event tells; docs/PROTOCOL.md, "Events". A `tick` changes nothing. */
export const eventKinds = { set: 1, move: 2, delete: 3, invalidate: 4, tag: 5, clear: 6, tick: 7 } as const

/** One of {@link eventKinds}. */
export type EventKind = (typeof eventKinds)[keyof typeof eventKinds]

/** One message of the channel. */
export interface NativeEvent {
  readonly kind: EventKind
  readonly epoch: Id64
  readonly sequence: number
  /** Tells this change, or the changes of one script, from any other that could have had the same number. */
  readonly nonce: Id64
  /** The nonce of the change before; in a tick the mark of who asked for it. */
  readonly previous: Id64
  readonly sender: Id64
  readonly partition: number
  /** When it was sent, in milliseconds since 1970 by the clock of Redis. */
  readonly timeMs: number
  /** The key, or the tag, that it is about; empty for `clear` and `tick`. */
  readonly key: string
  /** The record of a `set`, a view of the message; nothing for the others. */
  readonly record: Uint8Array
}

const version = 1
const epochAt = 4
const sequenceAt = 12
const nonceAt = 20
const previousAt = 28
const senderAt = 36
const partitionAt = 44
const timeAt = 46
const lengthAt = 54
const keyAt = 56

/** Reads an event; throws `CORRUPT` for everything that is none, one of a newer version among that. */
export function decodeEvent(bytes: Uint8Array): NativeEvent {
  if (bytes.byteLength < keyAt) throw corrupt('it is too short')
  if (bytes[0] !== 0x63 || bytes[1] !== 0x73) throw corrupt('it does not begin as one')
  if (bytes[2] !== version) throw corrupt(`wanted version ${version}, found another`)
  const kind = bytes[3]!
  if (!isKind(kind)) throw corrupt('its kind is unknown')
  const sequence = readUint64(bytes, sequenceAt)
  const timeMs = readUint64(bytes, timeAt)
  if (Number.isNaN(sequence + timeMs)) throw corrupt('found a number above 2^53 - 1')
  const end = keyAt + readUint16(bytes, lengthAt)
  if (end > bytes.byteLength) throw corrupt('it ends within its key')
  if (kind !== eventKinds.set && end !== bytes.byteLength) throw corrupt('found more bytes than its kind has')
  return {
    kind,
    epoch: readId(bytes, epochAt),
    sequence,
    nonce: readId(bytes, nonceAt),
    previous: readId(bytes, previousAt),
    sender: readId(bytes, senderAt),
    partition: readUint16(bytes, partitionAt),
    timeMs,
    key: end === keyAt ? '' : decodeText(bytes.subarray(keyAt, end)),
    record: bytes.subarray(end),
  }
}

function isKind(kind: number): kind is EventKind {
  return kind >= eventKinds.set && kind <= eventKinds.tick
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch {
    throw corrupt('its key is not UTF-8')
  }
}

function corrupt(problem: string): CacheError {
  return new CacheError('CORRUPT', `Cannot read an event of the channel: ${problem}`)
}
