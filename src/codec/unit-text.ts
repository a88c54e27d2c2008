// Texts of one or two bytes per unit, as they are: unlike UTF-8 this keeps lone surrogates, and a text in memory has
// exactly this form, so that it costs one copy. Node does that copy natively, browsers where it is ASCII.

import { utf8Decode } from '../bytes/utf8.ts'

interface NativeText {
  latin1Slice(start: number, end: number): string
  ucs2Slice(start: number, end: number): string
  latin1Write(text: string): number
  ucs2Write(text: string): number
}

interface NativeBuffer {
  from(buffer: ArrayBufferLike, byteOffset: number, byteLength: number): NativeText
}

/** Reads and writes texts of Latin-1 (units to 0xff) and UTF-16 (little-endian, any units). */
export interface UnitText {
  readLatin1(bytes: Uint8Array): string
  readUtf16(bytes: Uint8Array): string
  /** Fills `target`, one byte per unit. */
  writeLatin1(target: Uint8Array, text: string): void
  /** Fills `target`, two bytes per unit. */
  writeUtf16(target: Uint8Array, text: string): void
}

/** For any platform. */
export const portableText: UnitText = {
  // Most texts are ASCII, of which every platform has a native decoder.
  readLatin1: bytes => (isAscii(bytes) ? utf8Decode(bytes) : fromUnits(bytes)),
  readUtf16(bytes) {
    const units = new Uint16Array(bytes.byteLength >> 1)
    for (let i = 0; i < units.length; i++) units[i] = bytes[i * 2]! | (bytes[i * 2 + 1]! << 8)
    return fromUnits(units)
  },
  writeLatin1(target, text) {
    for (let i = 0; i < text.length; i++) target[i] = text.charCodeAt(i)
  },
  writeUtf16(target, text) {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      target[i * 2] = unit
      target[i * 2 + 1] = unit >> 8
    }
  },
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x7f) return false
  return true
}

function fromUnits(units: Uint8Array | Uint16Array): string {
  let text = ''
  // Engines limit the number of arguments of one call.
  for (let at = 0; at < units.length; at += 8192) {
    text += Reflect.apply(String.fromCharCode, null, units.subarray(at, at + 8192))
  }
  return text
}

function nativeText(buffer: NativeBuffer): UnitText {
  const of = (bytes: Uint8Array): NativeText => buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    readLatin1: bytes => of(bytes).latin1Slice(0, bytes.byteLength),
    readUtf16: bytes => of(bytes).ucs2Slice(0, bytes.byteLength),
    writeLatin1: (target, text) => void of(target).latin1Write(text),
    writeUtf16: (target, text) => void of(target).ucs2Write(text),
  }
}

function findNative(): NativeBuffer | undefined {
  const found: unknown = Reflect.get(globalThis, 'Buffer')
  const usable = typeof found === 'function' && typeof found.prototype?.latin1Slice === 'function' && 'from' in found
  return usable ? (found as object as NativeBuffer) : undefined
}

const native = findNative()

/** The fastest for this platform. */
export const unitText: UnitText = native === undefined ? portableText : nativeText(native)
