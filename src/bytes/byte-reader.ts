import { CacheError } from '../errors.ts'

/**
 * Reads little-endian numbers from bytes and never passes their end: every method throws `CORRUPT` instead.
 * The bytes are borrowed; what {@link take} gives is a view of them.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #what: string
  #at = 0

  /** @param what what the bytes are, for messages: `Cannot read <what>: ...` */
  constructor(bytes: Uint8Array, what = 'bytes') {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#what = what
  }

  /** Offset of the next byte. */
  get position(): number {
    return this.#at
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.byteLength - this.#at
  }

  /** An error about these bytes, to throw: `Cannot read <what>: <problem>`. */
  corrupt(problem: string): CacheError {
    return new CacheError('CORRUPT', `Cannot read ${this.#what}: ${problem}`)
  }

  #advance(count: number): number {
    const at = this.#at
    if (!(count >= 0 && count <= this.#bytes.byteLength - at)) {
      throw this.corrupt(`wanted ${count} bytes at offset ${at}, found ${this.#bytes.byteLength - at}`)
    }
    this.#at = at + count
    return at
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1))
  }

  /** The next byte, which stays the next. */
  peek(): number {
    const byte = this.u8()
    this.#at--
    return byte
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true)
  }

  /** An unsigned integer of six bytes. */
  u48(): number {
    const at = this.#advance(6)
    return this.#view.getUint32(at, true) + this.#view.getUint16(at + 4, true) * 0x1_0000_0000
  }

  /** The hex of the next eight bytes. */
  hex64(): string {
    return this.#view.getBigUint64(this.#advance(8)).toString(16).padStart(16, '0')
  }

  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true)
  }

  /** An unsigned LEB128 integer up to 2^53 - 1 in its shortest form. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (byte === 0 && i > 0) throw this.corrupt('a varint is longer than it must be')
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
      scale *= 128
    }
    throw this.corrupt(`found a varint above 2^53 - 1 before offset ${this.#at}`)
  }

  /** A view of the next `byteLength` bytes. */
  take(byteLength: number): Uint8Array {
    const at = this.#advance(byteLength)
    return this.#bytes.subarray(at, at + byteLength)
  }

  /** Throws unless everything has been read. */
  done(): void {
    if (this.remaining !== 0)
      throw this.corrupt(`wanted the end at offset ${this.#at}, found ${this.remaining} bytes more`)
  }
}
