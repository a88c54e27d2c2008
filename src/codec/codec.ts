import { utf8Decode, utf8Encode } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'
import { CborDecoder } from './cbor-decode.ts'
import { CborEncoder } from './cbor-encode.ts'
import { findJsonProblem, type JsonProblem } from './json-exact.ts'
import { decodePage } from './page-decode.ts'
import { encodePage } from './page-encode.ts'
import { maxPageElements, minPageElements } from './page-format.ts'
import { unsupported } from './value-path.ts'

/** Every {@link CodecName}. */
export const codecNames = ['auto', 'json', 'cbor'] as const

/**
 * How values become bytes. `json` and `cbor` refuse what they do not keep exactly; `auto` takes JSON where it is exact,
 * CBOR elsewhere, and column pages for many elements.
 */
export type CodecName = (typeof codecNames)[number]

/** The ids under which encoded bytes are stored. */
export const codecIds = { json: 1, cbor: 2, pages: 3 } as const

/** One of {@link codecIds}. */
export type CodecId = 1 | 2 | 3

/** Bytes and the codec that reads them. The bytes are the caller's. */
export interface Encoded {
  readonly codec: CodecId
  readonly bytes: Uint8Array
}

/**
 * Encodes one value. Throws `UNSUPPORTED_VALUE` if the codec would not give it back exactly; the message has the path of
 * the part in question, starting with `path`.
 */
export function encodeValue(value: unknown, codec: CodecName, path: string): Encoded {
  if (useJson(codec, path, () => findJsonProblem(value))) return { codec: codecIds.json, bytes: jsonEncode(value) }
  const encoder = new CborEncoder(path)
  encoder.value(value)
  return { codec: codecIds.cbor, bytes: encoder.finish() }
}

/** Decodes one value. Throws `CORRUPT` (nothing else) for bytes that `encodeValue` does not give. */
export function decodeValue(codec: number, bytes: Uint8Array): unknown {
  return guard(() => {
    if (codec === codecIds.json) return JSON.parse(utf8Decode(bytes))
    if (codec !== codecIds.cbor) throw unknownCodec(codec)
    const decoder = new CborDecoder(bytes)
    const value = decoder.value()
    decoder.done()
    return value
  })
}

/** Encodes many values as one; their order is kept. Throws like {@link encodeValue}, with paths like `path[3]`. */
export function encodeElements(values: readonly unknown[], codec: CodecName, path: string): Encoded {
  if (codec === 'auto' && values.length >= minPageElements && values.length <= maxPageElements) {
    return { codec: codecIds.pages, bytes: encodePage(values, path) }
  }
  if (useJson(codec, path, () => findJsonProblemOfElements(values))) {
    return { codec: codecIds.json, bytes: jsonEncode(values) }
  }
  const encoder = new CborEncoder(path)
  encoder.elements(values)
  return { codec: codecIds.cbor, bytes: encoder.finish() }
}

/** Decodes `count` values. Throws `CORRUPT` (nothing else) for bytes that `encodeElements` does not give for that many. */
export function decodeElements(codec: number, bytes: Uint8Array, count: number): unknown[] {
  return guard(() => {
    switch (codec) {
      case codecIds.json: {
        const values: unknown = JSON.parse(utf8Decode(bytes))
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

// Whether to write JSON; throws if the caller insists on JSON and it is not exact.
function useJson(codec: CodecName, path: string, find: () => JsonProblem | undefined): boolean {
  if (codec === 'cbor') return false
  const problem = find()
  if (problem !== undefined && codec === 'json') throw unsupported('JSON', path, problem.steps, problem.found)
  return problem === undefined
}

function findJsonProblemOfElements(values: readonly unknown[]): JsonProblem | undefined {
  for (let i = 0; i < values.length; i++) {
    const problem = findJsonProblem(values[i])
    if (problem !== undefined) return { steps: [i, ...problem.steps], found: problem.found }
  }
  return undefined
}

// A lone surrogate leaves JSON.stringify as an escape, so the text is always well-formed.
function jsonEncode(value: unknown): Uint8Array {
  return utf8Encode(JSON.stringify(value))
}

function unknownCodec(codec: number): CacheError {
  return new CacheError(
    'CORRUPT',
    `Cannot decode a value: found codec ${codec}, wanted ${Object.values(codecIds).join(', ')}`,
  )
}

// Whatever goes wrong while bytes are decoded is the bytes' fault: a syntax error, a string too long for the engine.
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
