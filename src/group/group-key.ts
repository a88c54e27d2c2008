import { isWellFormed, utf8Decode, utf8DecodeIfValid, utf8Encode, utf8Length } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'

// A byte that is no part of valid UTF-8 is at least 0x80, and stands in a key as the lone surrogate U+DC00 + byte.
const escapeBase = 0xdc00

/**
 * The key with these bytes as a string: UTF-8, where a byte that is not part of valid UTF-8 becomes a lone surrogate
 * U+DC80..U+DCFF. Different bytes give different strings, and {@link keyToBytes} gives the same bytes back.
 */
export function keyFromBytes(bytes: Uint8Array): string {
  return utf8DecodeIfValid(bytes) ?? escapeInvalid(bytes)
}

/**
 * The bytes of a key: the reverse of {@link keyFromBytes}. Throws `INVALID_KEY` for a string that it never gives: one
 * with another lone surrogate, or with escaped bytes that together are valid UTF-8.
 */
export function keyToBytes(key: string): Uint8Array {
  if (isWellFormed(key)) return utf8Encode(key)
  const bytes = unescapeInvalid(key)
  if (bytes === undefined || keyFromBytes(bytes) !== key) throw loneSurrogate()
  return bytes
}

/** How many bytes {@link keyToBytes} gives. */
export function keyByteLength(key: string): number {
  return isWellFormed(key) ? utf8Length(key) : keyToBytes(key).byteLength
}

/** Throws `INVALID_KEY` unless `key` is a string of 1 to `maxBytes` bytes that {@link keyToBytes} takes. */
export function checkGroupKey(key: string, maxBytes = 1024): void {
  if (typeof key !== 'string') throw new TypeError(`Key must be a string, received ${typeof key}`)
  if (key === '') throw new CacheError('INVALID_KEY', 'Key must not be empty')
  if (key.length <= maxBytes / 3 && isWellFormed(key)) return
  const byteLength = keyByteLength(key)
  if (byteLength > maxBytes) {
    throw new CacheError('INVALID_KEY', `Key is ${byteLength} bytes of UTF-8, the limit is ${maxBytes}`)
  }
}

/**
 * Throws a RangeError unless `name` can be a group's: not empty, no lone surrogate, and no `/`, `.` or `..`, which
 * cannot stand as one segment of a path.
 */
export function checkGroupName(name: string): void {
  if (typeof name !== 'string') throw new TypeError(`Group name must be a string, received ${typeof name}`)
  if (name === '') throw new RangeError('Group name must not be empty')
  if (name.includes('/')) throw new RangeError('Group name must not hold a slash')
  if (name === '.' || name === '..') throw new RangeError(`Group name must not be ${name}`)
  if (!isWellFormed(name)) throw new RangeError('Group name holds a lone surrogate')
}

function escapeInvalid(bytes: Uint8Array): string {
  let text = ''
  let from = 0
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) {
      text += utf8Decode(bytes.subarray(from, at)) + String.fromCharCode(escapeBase + bytes[at]!)
      from = at + 1
    }
    at += Math.max(1, length)
  }
  return text + utf8Decode(bytes.subarray(from))
}

// How many bytes the valid sequence of UTF-8 at `at` has; 0 if there is none (Unicode 15, table 3-7).
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const second = bytes[at + 1] ?? 0
  if (second < lowestSecond(first) || second > highestSecond(first)) return 0
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}

// Shorter forms, and code points of surrogates and above U+10FFFF, are not valid.
function lowestSecond(first: number): number {
  if (first === 0xe0) return 0xa0
  return first === 0xf0 ? 0x90 : 0x80
}

function highestSecond(first: number): number {
  if (first === 0xed) return 0x9f
  return first === 0xf4 ? 0x8f : 0xbf
}

// `undefined` if there is a lone surrogate that stands for no byte.
function unescapeInvalid(key: string): Uint8Array | undefined {
  const bytes: number[] = []
  for (const character of key) {
    const code = character.codePointAt(0)!
    const isSurrogate = code >= 0xd800 && code <= 0xdfff
    if (!isSurrogate) bytes.push(...utf8Encode(character))
    else if (code >= escapeBase + 0x80 && code <= escapeBase + 0xff) bytes.push(code - escapeBase)
    else return undefined
  }
  return Uint8Array.from(bytes)
}

function loneSurrogate(): CacheError {
  return new CacheError('INVALID_KEY', 'Key holds a lone surrogate')
}
