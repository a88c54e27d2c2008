import type { CodecId, CodecName, Encoded } from '../codec/codec.ts'
import { decodeValue } from '../codec/decode.ts'
import { encodeValue } from '../codec/encode.ts'
import { checkKey } from '../core/check.ts'
import type { RemoteValue } from './remote-level.ts'

/** How a mode writes values, and what it has a place for. */
export interface SyncedFormat {
  /** The bytes of a value. Throws `UNSUPPORTED_VALUE` with the path of what cannot be kept. */
  encode(value: unknown): Encoded
  /** The value of bytes. Throws `CORRUPT`. */
  decode(codec: CodecId, bytes: Uint8Array): unknown
  /** Throws a TypeError or `INVALID_KEY` for what is no key. */
  checkKey(key: string): void
  /** Throws a TypeError for what a value cannot be written with. */
  checkRules(rules: Pick<RemoteValue, 'tags' | 'staleMs'>): void
}

/** The format of our own: what `codec` keeps exactly. */
export function nativeFormat(codec: CodecName): SyncedFormat {
  return {
    encode: value => encodeValue(value, codec, 'value'),
    decode: decodeValue,
    checkKey: key => checkKey(key),
    checkRules: () => undefined,
  }
}
