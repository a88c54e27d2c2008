import { binaryValue } from '../codec/binary-value.ts'
import { isPlainObject } from '../codec/inspect.ts'
import { maxDepth } from '../codec/limits.ts'
import { sameBytes } from './same-bytes.ts'
import { sharedKeys } from './shared-keys.ts'

/**
 * What a value looked like when the tape was made: its leaves and the marks of its containers in one flat array, which
 * later mutations of the value do not touch. The mark of an object is the list of its keys. Opaque; strings are shared with the value, bytes are copied.
 */
export type Tape = readonly unknown[]

// A tape that no value is the same as: it stands for values that no codec keeps, so that they are encoded and refused.
const alwaysChanged: Tape = []

const maxLeaves = 2 ** 26

const arrayMark = Object.freeze({ mark: 'array' })
const dateMark = Object.freeze({ mark: 'date' })
const mapMark = Object.freeze({ mark: 'map' })
const setMark = Object.freeze({ mark: 'set' })
const bytesMark = Object.freeze({ mark: 'bytes' })

/** Records `value`. Linear in its size. */
export function makeTape(value: unknown): Tape {
  const leaves: unknown[] = []
  return record(value, leaves, 0) ? leaves.slice() : alwaysChanged
}

/**
 * Whether `value` is exactly what it was when `tape` was made: 0 and -0 differ, NaN is itself, an undefined property is
 * not an absent one, and another order of keys or entries is a change. Values that no codec keeps are never the same.
 */
export function sameAsTape(value: unknown, tape: Tape): boolean {
  return tape.length > 0 && new TapeReader(tape).matches(value)
}

// Appends the leaves of `value`; false as soon as something turns up that cannot be recorded.
function record(value: unknown, leaves: unknown[], depth: number): boolean {
  if (typeof value !== 'object' || value === null) {
    leaves.push(value)
    return typeof value !== 'function' && typeof value !== 'symbol'
  }
  if (depth >= maxDepth || leaves.length > maxLeaves) return false
  if (Array.isArray(value)) {
    leaves.push(arrayMark, value.length)
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (item === undefined && !(i in value)) return false
      if (!record(item, leaves, depth + 1)) return false
    }
    return true
  }
  if (isPlainObject(value)) {
    const keys = sharedKeys(value)
    leaves.push(keys)
    for (let i = 0; i < keys.length; i++) if (!record(value[keys[i]!], leaves, depth + 1)) return false
    return true
  }
  return recordInstance(value, leaves, depth)
}

function recordInstance(value: object, leaves: unknown[], depth: number): boolean {
  switch (Object.getPrototypeOf(value)) {
    case Date.prototype:
      leaves.push(dateMark, (value as Date).getTime())
      return true
    case Map.prototype:
      leaves.push(mapMark, (value as Map<unknown, unknown>).size)
      for (const [key, item] of value as Map<unknown, unknown>) {
        if (!record(key, leaves, depth + 1) || !record(item, leaves, depth + 1)) return false
      }
      return true
    case Set.prototype:
      leaves.push(setMark, (value as Set<unknown>).size)
      for (const item of value as Set<unknown>) if (!record(item, leaves, depth + 1)) return false
      return true
  }
  const binary = binaryValue(value)
  if (binary === undefined) return false
  leaves.push(bytesMark, binary.tag, binary.bytes.slice())
  return true
}

class TapeReader {
  readonly #tape: Tape
  #at = 0

  constructor(tape: Tape) {
    this.#tape = tape
  }

  matches(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return Object.is(this.#tape[this.#at++], value)
    if (Array.isArray(value)) return this.#array(value)
    if (isPlainObject(value)) return this.#object(value)
    return this.#instance(value)
  }

  #take(expected: unknown): boolean {
    return this.#tape[this.#at++] === expected
  }

  #array(array: readonly unknown[]): boolean {
    const { length } = array
    if (!this.#take(arrayMark) || !this.#take(length)) return false
    for (let i = 0; i < length; i++) {
      const item = array[i]
      if (!this.matches(item) || (item === undefined && !(i in array))) return false
    }
    return true
  }

  #object(object: Record<string, unknown>): boolean {
    const keys: unknown = this.#tape[this.#at++]
    if (!Array.isArray(keys)) return false
    let i = 0
    for (const key in object) if (key !== keys[i++] || !this.matches(object[key])) return false
    return i === keys.length
  }

  #instance(value: object): boolean {
    switch (Object.getPrototypeOf(value)) {
      case Date.prototype:
        return this.#take(dateMark) && Object.is(this.#tape[this.#at++], (value as Date).getTime())
      case Map.prototype: {
        const map = value as Map<unknown, unknown>
        if (!this.#take(mapMark) || !this.#take(map.size)) return false
        for (const [key, item] of map) if (!this.matches(key) || !this.matches(item)) return false
        return true
      }
      case Set.prototype: {
        const set = value as Set<unknown>
        if (!this.#take(setMark) || !this.#take(set.size)) return false
        for (const item of set) if (!this.matches(item)) return false
        return true
      }
    }
    const binary = binaryValue(value)
    if (binary === undefined || !this.#take(bytesMark) || !this.#take(binary.tag)) return false
    const before = this.#tape[this.#at++]
    return before instanceof Uint8Array && sameBytes(binary.bytes, before)
  }
}
