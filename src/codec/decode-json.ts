import { utf8Decode } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'

/** Decodes a value of JSON; by itself, because a start often needs nothing else. Throws `CORRUPT` for other bytes. */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Decode(bytes))
  } catch (cause) {
    throw new CacheError('CORRUPT', 'Cannot decode a value: found bytes that are not JSON', { cause })
  }
}
