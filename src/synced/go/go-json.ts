import { base64Encode } from '../../bytes/base64.ts'
import { compareUtf8, utf8Decode, utf8Encode } from '../../bytes/utf8.ts'
import { codecIds, type Encoded } from '../../codec/codec.ts'
import { JsonWriter } from '../../codec/json-writer.ts'
import { parseWith } from '../../codec/parse-exact.ts'
import { CacheError } from '../../errors.ts'

/**
 * `value` as the JSON that Go's `encoding/json` writes, byte for byte: `<`, `>`, `&`, U+2028 and U+2029 escaped; members in
 * the order they have, and where they could not keep one (integer-like names, a `Map`) in that of their bytes, as Go's maps;
 * bytes as base64, a `Date` as RFC 3339, a `bigint` as its digits. Members that are `undefined` are left out. Throws
 * `UNSUPPORTED_VALUE` with the path of what Go's JSON does not have.
 */
export function encodeGoJson(value: unknown): Encoded {
  return { codec: codecIds.json, bytes: utf8Encode(new GoJsonWriter('the value').any(value)) }
}

/**
 * The value of JSON `bytes`: integers beyond 2^53 - 1 as `bigint`, all other numbers as doubles. Throws `CORRUPT` (nothing
 * else) for other bytes, and for numbers beyond the doubles, as Go does.
 */
export function decodeGoJson(bytes: Uint8Array): unknown {
  try {
    return parseWith(utf8Decode(bytes), goNumber)
  } catch (cause) {
    throw new CacheError('CORRUPT', "Cannot decode a value: found bytes that are not JSON as Go's", { cause })
  }
}

function goNumber(text: string): number | bigint {
  const value = Number(text)
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(value) ? value : BigInt(text)
  if (!Number.isFinite(value)) throw new SyntaxError('JSON has a number beyond the range of a double')
  return value
}

// What objects list before all other names, and so not where it was put.
const integerLike = /^(?:0|[1-9]\d{0,9})$/

class GoJsonWriter extends JsonWriter {
  override any(value: unknown): string {
    if (typeof value !== 'object' || value === null) return super.any(value)
    if (value instanceof Uint8Array) return this.string(base64Encode(value))
    if (value instanceof Date) return this.#time(value)
    if (value instanceof Map) return this.#map(value)
    if (this.isPlainObject(value)) {
      const names = Object.keys(value)
      // Only the first can tell: integer-like names come first.
      if (names[0] !== undefined && integerLike.test(names[0])) names.sort(compareUtf8)
      return this.members(names, name => value[name])
    }
    return super.any(value)
  }

  #map(map: ReadonlyMap<unknown, unknown>): string {
    const members = new Map<string, unknown>()
    for (const [key, member] of map) {
      const isInteger = typeof key === 'bigint' || Number.isSafeInteger(key)
      if (typeof key !== 'string' && !isInteger)
        this.refuse(`has a key that is ${typeof key}, wanted a string or integer`)
      if (members.has(String(key))) this.refuse('has two keys of the same text')
      members.set(String(key), member)
    }
    return this.members([...members.keys()].sort(compareUtf8), name => members.get(name))
  }

  // Go drops the zeros at the end of a fraction, and refuses years that have not four digits.
  #time(date: Date): string {
    const text = Number.isNaN(date.getTime()) ? '' : date.toISOString()
    if (!/^\d{4}-/.test(text)) this.refuse('is a Date that RFC 3339 does not have')
    return `"${text.replace(/\.?0+Z$/, 'Z')}"`
  }
}
