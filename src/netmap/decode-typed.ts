import { isWellFormed } from '../bytes/utf8.ts'
import { ExactNumber } from '../codec/exact-number.ts'
import { CacheError } from '../errors.ts'
import { isIntKey, isOmitted, type Struct, type Type, zeroOf } from './schema-types.ts'

/**
 * Brings parsed JSON, in place, to the value that Go has after decoding it: fields that are never left out get their
 * zero, empty ones that are left out go, floats are doubles. Unknown fields stay. Throws `CORRUPT` where the value does
 * not fit its type, as Go's decoder would.
 */
export function decodeTyped(value: unknown, type: Type, path: string): unknown {
  if (value === undefined) return zeroOf(type)
  switch (type.kind) {
    case 'raw':
      return value
    case 'pointer':
      return value === null ? null : decodeTyped(value, type.of, path)
    case 'list':
      return value === null ? null : decodeList(value, type.of, path)
    case 'map':
      return value === null ? null : decodeMap(value, type, path)
    case 'struct':
      return value === null ? zeroOf(type) : decodeStruct(value, type, path)
    case 'optbool':
      return value === null || typeof value === 'boolean' ? value : mismatch(path, value, 'a boolean')
    case 'bool':
      return typeof (value ?? false) === 'boolean' ? (value ?? false) : mismatch(path, value, 'a boolean')
    case 'int':
      return decodeInt(value ?? 0, path)
    case 'float':
      return decodeFloat(value ?? 0, path)
    case 'string': {
      const text = value ?? zeroOf(type)
      if (text === null) return text
      if (typeof text !== 'string') return mismatch(path, value, 'a string')
      // Go has no lone surrogates: its decoder puts U+FFFD in their place.
      return isWellFormed(text) ? text : text.replace(/\p{Surrogate}/gu, '\ufffd')
    }
  }
}

function decodeList(value: unknown, of: Type, path: string): unknown {
  if (!Array.isArray(value)) return mismatch(path, value, 'an array')
  const list: unknown[] = value
  // Raw elements stay as they are, and so does the memory of their spelling on the array.
  if (of.kind === 'raw') return list
  for (const [i, element] of list.entries()) list[i] = decodeTyped(element, of, `${path}[${i}]`)
  return list
}

function decodeMap(value: unknown, { of, keys }: Type & { readonly kind: 'map' }, path: string): unknown {
  if (!isObject(value)) return mismatch(path, value, 'an object')
  for (const key of Object.keys(value)) {
    if (keys === 'int' && !isIntKey(key)) mismatch(path, value, 'integers as keys')
    if (!isWellFormed(key)) mismatch(path, value, 'keys without lone surrogates')
    const element = decodeTyped(value[key], of, `${path}.${key}`)
    if (element !== value[key]) value[key] = element
  }
  return value
}

function decodeStruct(value: unknown, struct: Struct, path: string): unknown {
  if (!isObject(value)) return mismatch(path, value, 'an object')
  for (const field of struct.fields) {
    const member = value[field.name]
    if (member === undefined && field.omit !== undefined) continue
    const decoded = decodeTyped(member, field.type, `${path}.${field.name}`)
    if (isOmitted(decoded, field)) delete value[field.name]
    else if (decoded !== member) value[field.name] = decoded
  }
  return value
}

function decodeInt(value: unknown, path: string): number | bigint {
  // Signed or unsigned: the schema does not tell them apart.
  if (typeof value === 'bigint' && value >= -(2n ** 63n) && value < 2n ** 64n) return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value === 0 ? 0 : value
  return mismatch(path, value, 'a 64-bit integer')
}

function decodeFloat(value: unknown, path: string): number {
  const isNumber = typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber
  const double = isNumber ? Number(String(value)) : Number.NaN
  return Number.isFinite(double) ? double : mismatch(path, value, 'a number within the range of a double')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
}

function mismatch(path: string, value: unknown, wanted: string): never {
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
  throw new CacheError('CORRUPT', `Cannot decode ${path}: found ${found}, wanted ${wanted}`)
}
