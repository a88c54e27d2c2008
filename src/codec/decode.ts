import { CacheError } from '../errors.ts'
import { CborDecoder } from './cbor-decode.ts'
import { codecIds } from './codec.ts'
import { decodeJson } from './decode-json.ts'
import { decodePage } from './page-decode.ts'

/** Decodes one value. Throws `CORRUPT` (nothing else) for bytes that `encodeValue` does not give. */
export function decodeValue(codec: number, bytes: Uint8Array): unknown {
  return guard(() => {
    if (codec === codecIds.json) return decodeJson(bytes)
    if (codec !== codecIds.cbor) throw unknownCodec(codec)
    const decoder = new CborDecoder(bytes)
    const value = decoder.value()
    decoder.done()
    return value
  })
}

/** Decodes `count` values. Throws `CORRUPT` (nothing else) for bytes that `encodeElements` does not give for that many. */
export function decodeElements(codec: number, bytes: Uint8Array, count: number): unknown[] {
  return guard(() => {
    switch (codec) {
      case codecIds.json: {
        const values = decodeJson(bytes)
        if (!Array.isArray(values) || values.length !== count) {
          const found = Array.isArray(values) ? `${values.length} elements` : 'no array'
          throw new CacheError('CORRUPT', `Cannot decode elements: found ${found}, wanted ${count} elements`)
        }
        return values
      }
      case codecIds.cbor: {
        const decoder = new CborDecoder(bytes)
        const values = decoder.elements(count)
        decoder.done()
        return values
      }
      case codecIds.pages:
        return decodePage(bytes, count)
      default:
        throw unknownCodec(codec)
    }
  })
}

function unknownCodec(codec: number): CacheError {
  return new CacheError(
    'CORRUPT',
    `Cannot decode a value: found codec ${codec}, wanted ${Object.values(codecIds).join(', ')}`,
  )
}

// Whatever goes wrong while bytes are decoded is the bytes' fault, like a string too long for the engine.
function guard<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    if (cause instanceof CacheError) throw cause
    throw new CacheError('CORRUPT', 'Cannot decode a value: found bytes that are not in the form of their codec', {
      cause,
    })
  }
}
