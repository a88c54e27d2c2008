/** Eight bytes that tell things apart, as two signed integers of 32 bits: no text or BigInt is made for them. */
export interface Id64 {
  readonly hi: number
  readonly lo: number
}

/** Eight zero bytes: the nonce before the first event of an epoch. */
export const noId: Id64 = { hi: 0, lo: 0 }

/** How many bytes an id takes. */
export const idBytes = 8

export function sameId(a: Id64, b: Id64): boolean {
  return a.hi === b.hi && a.lo === b.lo
}

/** The id whose eight bytes, the highest first, begin at `at`, which the caller has checked. */
export function readId(bytes: Uint8Array, at: number): Id64 {
  return { hi: readInt32(bytes, at), lo: readInt32(bytes, at + 4) }
}

export function writeId(bytes: Uint8Array, at: number, { hi, lo }: Id64): void {
  writeInt32(bytes, at, hi)
  writeInt32(bytes, at + 4, lo)
}

/** The bytes of an id. */
export function bytesOfId(id: Id64): Uint8Array {
  const bytes = new Uint8Array(idBytes)
  writeId(bytes, 0, id)
  return bytes
}

/**
 * An id that none has had before, and never {@link noId}; `random` gives numbers in [0, 1). Its bytes are {@link asciiOnly},
 * so that it can be sent as text: clients send all the text of a command in one piece, and each of its bytes in a piece of its own.
 */
export function newId(random: () => number): Id64 {
  const half = (): number => Math.floor(random() * 0x1_0000_0000)
  return asciiOnly({ hi: half(), lo: half() | 1 })
}

/** `id` with the highest bit of each byte cleared. */
export function asciiOnly({ hi, lo }: Id64): Id64 {
  return { hi: hi & 0x7f7f7f7f, lo: lo & 0x7f7f7f7f }
}

/** The bytes of an id that is {@link asciiOnly}, as text. */
export function asciiOfId({ hi, lo }: Id64): string {
  return (
    String.fromCharCode(hi >> 24, (hi >> 16) & 0xff, (hi >> 8) & 0xff, hi & 0xff) +
    String.fromCharCode(lo >> 24, (lo >> 16) & 0xff, (lo >> 8) & 0xff, lo & 0xff)
  )
}

/** Bytes as Redis is sent them: as text, if they are of ASCII. */
export function argumentOf(bytes: Uint8Array): string | Uint8Array {
  return bytes.every(byte => byte < 0x80) ? String.fromCharCode(...bytes) : bytes
}

/** Sixteen hex digits. */
export function textOfId({ hi, lo }: Id64): string {
  const hex = (half: number): string => (half >>> 0).toString(16).padStart(8, '0')
  return hex(hi) + hex(lo)
}

/** An unsigned integer of eight bytes, the highest first; `NaN` beyond 2^53 - 1. */
export function readUint64(bytes: Uint8Array, at: number): number {
  const hi = readInt32(bytes, at) >>> 0
  return hi < 0x20_0000 ? hi * 0x1_0000_0000 + (readInt32(bytes, at + 4) >>> 0) : Number.NaN
}

/** An unsigned integer of two bytes, the higher first. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}
