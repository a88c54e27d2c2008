import { asciiDecode, utf8Decode } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'
import { cborTags, toLittleEndian, typedArrayTags } from './cbor-format.ts'
import { maxBigintBytes, maxDepth } from './limits.ts'
import { setOwn } from './set-own.ts'
import { wtf8Decode } from './wtf8.ts'

const plainBytesTag = 64

/** Reads values in our CBOR profile (docs/codecs.md). Throws `CORRUPT` for anything else; what it returns is copied from the bytes. */
export class CborDecoder {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #depth: number
  // Value of the head that was read last; a bigint only where a number would not be exact.
  #big: bigint | undefined

  /** @param depth how many levels are above the values */
  constructor(bytes: Uint8Array, depth = 0) {
    this.#depth = depth
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Reads one value. */
  value(): unknown {
    const first = this.#byte()
    const major = first >> 5
    if (major === 7) return this.#simple(first & 31)
    const argument = this.#argument(first & 31)
    const big = this.#big
    if (big !== undefined) {
      if (major === 0) return big
      if (major === 1) return -1n - big
      throw this.#corrupt('a length beyond 2^53')
    }
    switch (major) {
      case 0:
        return argument
      case 1:
        return argument === Number.MAX_SAFE_INTEGER ? -1n - BigInt(argument) : -1 - argument
      case 2:
        return this.#take(argument).slice()
      case 3:
        return this.#text(argument)
      case 4:
        return this.#nested(() => this.#array(argument))
      case 5:
        return this.#nested(() => this.#object(argument))
      default:
        return this.#tagged(argument)
    }
  }

  /** Reads an array of exactly `count` values; like the encoder's, it is no level of nesting. */
  elements(count: number): unknown[] {
    const first = this.#byte()
    const found = this.#lengthOf(4, first)
    if (found !== count) throw this.#corrupt(`${found} elements, wanted ${count}`)
    return this.#array(count)
  }

  /** Throws unless everything has been read. */
  done(): void {
    const rest = this.#bytes.byteLength - this.#at
    if (rest !== 0) throw this.#corrupt(`${rest} bytes after the value`)
  }

  #corrupt(found: string): CacheError {
    return new CacheError('CORRUPT', `Cannot decode CBOR at offset ${this.#at}: found ${found}`)
  }

  #take(byteLength: number): Uint8Array {
    const at = this.#at
    if (byteLength > this.#bytes.byteLength - at) {
      throw this.#corrupt(`${this.#bytes.byteLength - at} bytes, wanted ${byteLength}`)
    }
    this.#at = at + byteLength
    return this.#bytes.subarray(at, at + byteLength)
  }

  // Moves past `byteLength` bytes and returns where they start.
  #skip(byteLength: number): number {
    const at = this.#at
    if (byteLength > this.#bytes.byteLength - at) throw this.#corrupt('the end of the bytes')
    this.#at = at + byteLength
    return at
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)]!
  }

  // The argument of a head: shortest form only. Sets #big if a number does not hold it.
  #argument(info: number): number {
    this.#big = undefined
    if (info < 24) return info
    let value: number
    let shorter: number
    switch (info) {
      case 24:
        value = this.#byte()
        shorter = 24
        break
      case 25:
        value = this.#view.getUint16(this.#skip(2))
        shorter = 0x100
        break
      case 26:
        value = this.#view.getUint32(this.#skip(4))
        shorter = 0x1_0000
        break
      case 27: {
        const exact = this.#view.getBigUint64(this.#skip(8))
        value = Number(exact)
        shorter = 0x1_0000_0000
        if (exact > Number.MAX_SAFE_INTEGER) this.#big = exact
        break
      }
      default:
        throw this.#corrupt(info === 31 ? 'a value of indefinite length' : 'a reserved head')
    }
    if (value < shorter) throw this.#corrupt('a number that is longer than it must be')
    return value
  }

  #lengthOf(major: number, first: number): number {
    if (first >> 5 !== major) throw this.#corrupt(`a value of major type ${first >> 5}, wanted ${major}`)
    const length = this.#argument(first & 31)
    if (this.#big !== undefined) throw this.#corrupt('a length beyond 2^53')
    return length
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
        return null
      case 23:
        return undefined
      case 25:
        return halfToNumber(this.#view.getUint16(this.#skip(2)))
      case 26:
        return this.#view.getFloat32(this.#skip(4))
      case 27:
        return this.#view.getFloat64(this.#skip(8))
      default:
        throw this.#corrupt(`simple value or break ${info}`)
    }
  }

  #text(byteLength: number): string {
    const bytes = this.#take(byteLength)
    try {
      return decodeText(bytes)
    } catch (cause) {
      throw new CacheError('CORRUPT', `Cannot decode CBOR at offset ${this.#at}: found text that is not UTF-8`, {
        cause,
      })
    }
  }

  #nested<T>(read: () => T): T {
    if (this.#depth >= maxDepth) throw this.#corrupt(`nesting deeper than ${maxDepth} levels`)
    this.#depth++
    const value = read()
    this.#depth--
    return value
  }

  // Every element takes a byte at least, so a count above the bytes that are left is refused before anything is allocated.
  #checkCount(count: number, bytesEach: number): void {
    const rest = this.#bytes.byteLength - this.#at
    if (count * bytesEach > rest) throw this.#corrupt(`${rest} bytes, wanted ${count} elements`)
  }

  #array(count: number): unknown[] {
    this.#checkCount(count, 1)
    const array: unknown[] = []
    for (let i = 0; i < count; i++) array.push(this.value())
    return array
  }

  #object(count: number): Record<string, unknown> {
    this.#checkCount(count, 2)
    const object: Record<string, unknown> = {}
    for (let i = 0; i < count; i++) {
      const key = this.#key()
      if (Object.hasOwn(object, key)) throw this.#corrupt('a key twice in one object')
      setOwn(object, key, this.value())
    }
    return object
  }

  #key(): string {
    const first = this.#byte()
    if (first >> 5 === 3) return this.#text(this.#lengthOf(3, first))
    const tag = this.#lengthOf(6, first)
    if (tag !== cborTags.wtf8) throw this.#corrupt('a key that is not text')
    return this.#wtf8()
  }

  #tagged(tag: number): unknown {
    switch (tag) {
      case cborTags.date:
        return this.#date()
      case cborTags.positiveBigint:
        return this.#bigint()
      case cborTags.negativeBigint:
        return -1n - this.#bigint()
      case cborTags.set:
        return this.#nested(() => this.#set())
      case cborTags.map:
        return this.#nested(() => this.#map())
      case cborTags.wtf8:
        return this.#wtf8()
      case plainBytesTag:
        return this.#byteString().slice()
      case cborTags.arrayBuffer:
        return this.#buffer(this.#byteString())
      case cborTags.dataView:
        return new DataView(this.#buffer(this.#byteString()))
    }
    const typedArray = typedArrayTags.get(tag)
    if (typedArray === undefined) throw this.#corrupt(`tag ${tag}`)
    const bytes = this.#byteString()
    const size = typedArray.BYTES_PER_ELEMENT
    if (bytes.byteLength % size !== 0) throw this.#corrupt(`${bytes.byteLength} bytes for elements of ${size}`)
    return new typedArray(this.#buffer(toLittleEndian(bytes, size)))
  }

  #byteString(): Uint8Array {
    const first = this.#byte()
    return this.#take(this.#lengthOf(2, first))
  }

  #buffer(bytes: Uint8Array): ArrayBuffer {
    const buffer = new ArrayBuffer(bytes.byteLength)
    new Uint8Array(buffer).set(bytes)
    return buffer
  }

  #date(): Date {
    const major = this.#bytes[this.#at]! >> 5
    const seconds = major === 0 || major === 1 || major === 7 ? this.value() : undefined
    const rounded = typeof seconds === 'number' && !Object.is(seconds, -0) ? Math.round(seconds * 1000) : Number.NaN
    // Centuries away the product is off by a millisecond, but only one whole millisecond has these very seconds.
    const timeMs = [rounded, rounded - 1, rounded + 1].find(candidate => candidate / 1000 === seconds)
    const date = new Date(timeMs ?? Number.NaN)
    if (Number.isNaN(date.getTime())) throw this.#corrupt('a date that is not a time in whole milliseconds')
    return date
  }

  #bigint(): bigint {
    const bytes = this.#byteString()
    if (bytes.byteLength > maxBigintBytes) throw this.#corrupt(`a bigint of more than ${maxBigintBytes} bytes`)
    if (bytes[0] === 0) throw this.#corrupt('a bigint with leading zeros')
    let hex = '0x0'
    for (const byte of bytes) hex += byte < 16 ? `0${byte.toString(16)}` : byte.toString(16)
    return BigInt(hex)
  }

  #set(): Set<unknown> {
    const count = this.#lengthOf(4, this.#byte())
    this.#checkCount(count, 1)
    const set = new Set<unknown>()
    for (let i = 0; i < count; i++) set.add(this.value())
    if (set.size !== count) throw this.#corrupt('an item twice in one set')
    return set
  }

  #map(): Map<unknown, unknown> {
    const count = this.#lengthOf(5, this.#byte())
    this.#checkCount(count, 2)
    const map = new Map<unknown, unknown>()
    for (let i = 0; i < count; i++) {
      const key = this.value()
      map.set(key, this.value())
    }
    if (map.size !== count) throw this.#corrupt('a key twice in one map')
    return map
  }

  #wtf8(): string {
    const bytes = this.#byteString()
    let text: string | undefined
    try {
      text = wtf8Decode(bytes, utf8Decode)
    } catch (cause) {
      throw new CacheError('CORRUPT', `Cannot decode CBOR at offset ${this.#at}: found text that is not WTF-8`, {
        cause,
      })
    }
    if (text === undefined) throw this.#corrupt('WTF-8 text that is plain UTF-8 or splits a pair')
    return text
  }
}

// TextDecoder has a high price per call; short texts are mostly ASCII.
function decodeText(bytes: Uint8Array): string {
  return (bytes.byteLength > 32 ? undefined : asciiDecode(bytes)) ?? utf8Decode(bytes)
}

function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
