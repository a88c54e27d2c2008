import { CacheError } from '../errors.ts'

const maxByteLength = 2 ** 31 - 1

/** Output that grows: the counterpart of `ByteReader`, numbers little-endian. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #at = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(Math.max(16, capacity))
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** How many bytes have been written. */
  get byteLength(): number {
    return this.#at
  }

  // Makes room for `count` bytes and returns where they go.
  #advance(count: number): number {
    const at = this.#at
    const end = at + count
    if (end > this.#bytes.byteLength) this.#grow(end)
    this.#at = end
    return at
  }

  #grow(wanted: number): void {
    if (wanted > maxByteLength) {
      throw new CacheError('VALUE_TOO_LARGE', `Cannot encode a value: found more than ${maxByteLength} bytes`)
    }
    const bytes = new Uint8Array(Math.min(maxByteLength, Math.max(wanted, this.#bytes.byteLength * 2)))
    bytes.set(this.#bytes)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }

  u8(value: number): void {
    const at = this.#advance(1)
    this.#bytes[at] = value
  }

  u16(value: number): void {
    const at = this.#advance(2)
    this.#view.setUint16(at, value, true)
  }

  u32(value: number): void {
    const at = this.#advance(4)
    this.#view.setUint32(at, value, true)
  }

  /** An unsigned integer below 2^48 in six bytes. */
  u48(value: number): void {
    const at = this.#advance(6)
    this.#view.setUint32(at, value % 0x1_0000_0000, true)
    this.#view.setUint16(at + 4, Math.floor(value / 0x1_0000_0000), true)
  }

  f64(value: number): void {
    const at = this.#advance(8)
    this.#view.setFloat64(at, value, true)
  }

  /** An unsigned LEB128 integer up to 2^53 - 1 in its shortest form. */
  varint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.u8((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.u8(rest)
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#advance(bytes.byteLength)
    this.#bytes.set(bytes, at)
  }

  /** Room for `byteLength` bytes that the caller fills before the next call; they are zero unless filled. */
  reserve(byteLength: number): Uint8Array {
    const at = this.#advance(byteLength)
    return this.#bytes.subarray(at, at + byteLength)
  }

  /** Sets bits of a byte that was written before. */
  flag(offset: number, bits: number): void {
    this.#bytes[offset]! |= bits
  }

  /** A view of what was written, valid until the next write. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  /** A copy of exactly what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }
}
