import { binaryValue } from '../codec/binary-value.ts'
import { isPlainObject } from '../codec/inspect.ts'
import { maxDepth } from '../codec/limits.ts'
import { sameBytes } from './same-bytes.ts'

/**
 * Whether two values are equal in the sense of `sameAsTape`: exactly, in the same order of keys and entries; values that no
 * codec keeps are equal to nothing. An object is equal to itself without being looked into.
 */
export function equalDeep(a: unknown, b: unknown): boolean {
  return equal(a, b, 0)
}

function equal(a: unknown, b: unknown, depth: number): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) {
    return Object.is(a, b) && typeof a !== 'function' && typeof a !== 'symbol'
  }
  if (depth >= maxDepth) return false
  if (Array.isArray(a)) return Array.isArray(b) && equalArrays(a, b, depth)
  if (isPlainObject(a)) return !Array.isArray(b) && isPlainObject(b) && equalObjects(a, b, depth)
  return equalInstances(a, b, depth)
}

function equalArrays(a: readonly unknown[], b: readonly unknown[], depth: number): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    const item = a[i]
    if (!equal(item, b[i], depth + 1)) return false
    if (item === undefined && !(i in a && i in b)) return false
  }
  return true
}

function equalObjects(a: Record<string, unknown>, b: Record<string, unknown>, depth: number): boolean {
  if (a === b) return true
  const keys = Object.keys(a)
  const otherKeys = Object.keys(b)
  if (keys.length !== otherKeys.length) return false
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    if (key !== otherKeys[i] || !equal(a[key], b[key], depth + 1)) return false
  }
  return true
}

function equalInstances(a: object, b: object, depth: number): boolean {
  const prototype: unknown = Object.getPrototypeOf(a)
  if (a instanceof Date && prototype === Date.prototype) {
    return b instanceof Date && Object.getPrototypeOf(b) === prototype && Object.is(a.getTime(), b.getTime())
  }
  if (a instanceof Map && prototype === Map.prototype) {
    return b instanceof Map && Object.getPrototypeOf(b) === prototype && equalArrays(flat(a), flat(b), depth)
  }
  if (a instanceof Set && prototype === Set.prototype) {
    return b instanceof Set && Object.getPrototypeOf(b) === prototype && equalArrays([...a], [...b], depth)
  }
  const bytes = binaryValue(a)
  const otherBytes = binaryValue(b)
  return bytes !== undefined && bytes.tag === otherBytes?.tag && sameBytes(bytes.bytes, otherBytes.bytes)
}

function flat(map: Map<unknown, unknown>): unknown[] {
  return [...map].flat(1)
}
