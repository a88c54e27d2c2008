import { ByteWriter } from '../bytes/byte-writer.ts'
import { isWellFormed, utf8Encode } from '../bytes/utf8.ts'
import { type BinaryValue, binaryValue } from './binary-value.ts'
import { cborTags, toLittleEndian, typedArrayTags } from './cbor-format.ts'
import { describe, findArrayProblem, findObjectProblem, isAccessor, isPlainObject, tooDeep } from './inspect.ts'
import { maxBigintBytes, maxDepth } from './limits.ts'
import { mapKeyStep, mapValueStep, type Step, setItemStep, unsupported } from './value-path.ts'
import { wtf8Encode } from './wtf8.ts'

const plainBytesTag = 64
const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)

/** Writes values in our CBOR profile (docs/codecs.md). Throws `UNSUPPORTED_VALUE` for a value it would not keep exactly. */
export class CborEncoder {
  readonly #out = new ByteWriter()
  readonly #path: string
  // The way to the value at hand. Only read when something is refused.
  readonly #steps: Step[] = []
  #depth: number

  /**
   * @param path where the values are, for messages
   * @param depth how many levels are above the values
   */
  constructor(path: string, depth = 0) {
    this.#path = path
    this.#depth = depth
  }

  /** A copy of everything written. */
  finish(): Uint8Array {
    return this.#out.finish()
  }

  /** Appends one value. */
  value(value: unknown): void {
    if (typeof value === 'string') this.#string(value)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'object' && value !== null) this.#object(value)
    else if (typeof value === 'bigint') this.#bigint(value)
    else this.#out.u8(this.#simple(value))
  }

  /** Appends an array of `values`, which is no level of nesting by itself: an element may nest as deep as a single value. */
  elements(values: readonly unknown[]): void {
    this.#head(4, values.length)
    for (let i = 0; i < values.length; i++) this.#member(i, values[i])
  }

  #member(step: Step, value: unknown): void {
    this.#steps.push(step)
    this.value(value)
    this.#steps.pop()
  }

  #refuse(found: string): Error {
    return unsupported('CBOR', this.#path, this.#steps, found)
  }

  #head(major: number, value: number): void {
    const out = this.#out
    const type = major << 5
    if (value < 24) {
      out.u8(type | value)
    } else if (value < 0x100) {
      out.u8(type | 24)
      out.u8(value)
    } else if (value < 0x1_0000) {
      out.u8(type | 25)
      out.u8(value >> 8)
      out.u8(value)
    } else if (value < 0x1_0000_0000) {
      out.u8(type | 26)
      this.#u32(value)
    } else {
      out.u8(type | 27)
      this.#u32(Math.floor(value / 0x1_0000_0000))
      this.#u32(value % 0x1_0000_0000)
    }
  }

  #u32(value: number): void {
    const out = this.#out
    out.u8(value >>> 24)
    out.u8(value >>> 16)
    out.u8(value >>> 8)
    out.u8(value)
  }

  #simple(value: unknown): number {
    switch (value) {
      case false:
        return 0xf4
      case true:
        return 0xf5
      case null:
        return 0xf6
      case undefined:
        return 0xf7
      default:
        throw this.#refuse(describe(value))
    }
  }

  #number(value: number): void {
    const out = this.#out
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.#head(0, value)
      else this.#head(1, -1 - value)
    } else if (value === 0 || !Number.isFinite(value)) {
      out.u8(0xf9)
      out.u8(halfHighByte(value))
      out.u8(0)
    } else {
      scratch.setFloat64(0, value)
      out.u8(0xfb)
      out.bytes(scratchBytes)
    }
  }

  #string(text: string): void {
    if (text.length < 24 && isAscii(text)) {
      // Most keys. A call of TextEncoder costs more than the bytes.
      this.#out.u8(0x60 | text.length)
      for (let i = 0; i < text.length; i++) this.#out.u8(text.charCodeAt(i))
      return
    }
    let bytes: Uint8Array
    if (isWellFormed(text)) {
      bytes = utf8Encode(text)
      this.#head(3, bytes.byteLength)
    } else {
      bytes = wtf8Encode(text)
      this.#head(6, cborTags.wtf8)
      this.#head(2, bytes.byteLength)
    }
    this.#out.bytes(bytes)
  }

  #bigint(value: bigint): void {
    const magnitude = value < 0n ? -1n - value : value
    const hex = magnitude === 0n ? '' : magnitude.toString(16)
    const byteLength = (hex.length + 1) >> 1
    if (byteLength > maxBigintBytes) throw this.#refuse(`a bigint of more than ${maxBigintBytes} bytes`)
    this.#head(6, value < 0n ? cborTags.negativeBigint : cborTags.positiveBigint)
    this.#head(2, byteLength)
    const padded = hex.padStart(byteLength * 2, '0')
    for (let i = 0; i < padded.length; i += 2) this.#out.u8(Number.parseInt(padded.slice(i, i + 2), 16))
  }

  #object(value: object): void {
    if (this.#depth >= maxDepth) throw this.#refuse(tooDeep)
    this.#depth++
    if (Array.isArray(value)) this.#array(value)
    else if (isPlainObject(value)) this.#plainObject(value)
    else this.#instance(value, Object.getPrototypeOf(value))
    this.#depth--
  }

  #array(array: readonly unknown[]): void {
    const problem = findArrayProblem(array)
    if (problem !== undefined) throw this.#refuse(problem)
    this.elements(array)
  }

  #plainObject(object: Record<string, unknown>): void {
    const keys = Object.keys(object)
    const problem = findObjectProblem(object, keys)
    if (problem !== undefined) throw this.#refuse(problem)
    this.#head(5, keys.length)
    for (const key of keys) {
      this.#string(key)
      this.#steps.push(key)
      if (isAccessor(object, key)) throw this.#refuse('an accessor')
      this.value(object[key])
      this.#steps.pop()
    }
  }

  #instance(value: object, prototype: unknown): void {
    const binary = binaryValue(value)
    if (prototype === Date.prototype && value instanceof Date) this.#date(value)
    else if (prototype === Map.prototype && value instanceof Map) this.#map(value)
    else if (prototype === Set.prototype && value instanceof Set) this.#set(value)
    else if (binary !== undefined) this.#binary(value, binary)
    else throw this.#refuse(describe(value))
  }

  #date(date: Date): void {
    this.#checkBare(date)
    const timeMs = date.getTime()
    if (Number.isNaN(timeMs)) throw this.#refuse('an invalid Date')
    this.#head(6, cborTags.date)
    // Seconds, as the tag wants them; a double holds every time of a Date closely enough to round back to its millisecond.
    this.#number(timeMs === 0 ? 0 : timeMs / 1000)
  }

  #map(map: Map<unknown, unknown>): void {
    this.#checkBare(map)
    this.#head(6, cborTags.map)
    this.#head(5, map.size)
    let index = 0
    for (const [key, value] of map) {
      this.#member(mapKeyStep(index), key)
      this.#member(mapValueStep(key, index), value)
      index++
    }
  }

  #set(set: Set<unknown>): void {
    this.#checkBare(set)
    this.#head(6, cborTags.set)
    this.#head(4, set.size)
    let index = 0
    for (const item of set) this.#member(setItemStep(index++), item)
  }

  #binary(value: object, { tag, bytes }: BinaryValue): void {
    const size = typedArrayTags.get(tag)?.BYTES_PER_ELEMENT
    // The keys of a typed array include every index, so named properties are looked for only where that is cheap.
    if (size === undefined) this.#checkBare(value)
    if (tag !== plainBytesTag) this.#head(6, tag)
    this.#head(2, bytes.byteLength)
    this.#out.bytes(toLittleEndian(bytes, size ?? 1))
  }

  // Properties that someone hung on a Date or a Map would be lost.
  #checkBare(value: object): void {
    if (Reflect.ownKeys(value).length > 0) throw this.#refuse(`${describe(value)} with properties of its own`)
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

// The high byte of the half-precision forms of -0, NaN, Infinity and -Infinity; the low byte is zero.
function halfHighByte(value: number): number {
  if (value === 0) return 0x80
  if (Number.isNaN(value)) return 0x7e
  return value > 0 ? 0x7c : 0xfc
}
