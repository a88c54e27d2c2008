import { fromHex, toHex } from './hex.ts'
import { asciiDecode, utf8DecodeIfValid, utf8Encode } from './utf8.ts'

/** Longest plain file name: 100 bytes of key. Every file system takes 255; the rest is left for what wraps names. */
export const maxPlainNameLength = 200

// The byte 0xff never occurs in UTF-8, so no key has a name that starts with these; and since they are hex all the
// same, a program that wants hex names only (Tailscale's) reads past them instead of failing.
const longMark = 'ff6b' // 0xff 'k'
const tempMark = 'ff74' // 0xff 't'
const longHeadBytes = 32
// To compile one takes as long as to read a file: they see only names with their mark.
const longPattern = /^ff6b[0-9a-f]{128}$/
const tempPattern = /^ff74[0-9a-f]{32}$/

/** The key whose UTF-8 bytes are `hex`, or `undefined` if that is not lower-case hex of valid UTF-8. */
export function keyFromHex(hex: string): string | undefined {
  const bytes = hex === '' ? undefined : fromHex(hex)
  // ASCII, as most keys are.
  return bytes && (asciiDecode(bytes) ?? utf8DecodeIfValid(bytes))
}

/** The hex of `key`, which is its file name if {@link isPlainName} agrees. Its order is that of the UTF-8 bytes. */
export function keyToHex(key: string): string {
  return toHex(utf8Encode(key))
}

/** Whether a key with this hex is kept in a file of that name. */
export function isPlainName(hex: string): boolean {
  return hex.length <= maxPlainNameLength
}

/**
 * File name of a key too long for a plain one: mark, hex of the first 32 bytes of the key, SHA-256 of all of them.
 * The key itself is in the file, see {@link longHeader}; the first bytes are in the name so that listing a prefix
 * opens only the files that can match.
 */
export function longName(hex: string, sha256Hex: string): string {
  return longMark + hex.slice(0, 2 * longHeadBytes) + sha256Hex
}

/** Whether `name` has the form of {@link longName}. */
export function isLongName(name: string): boolean {
  return name.startsWith(longMark) && longPattern.test(name)
}

/** The hex of the first 32 bytes of the key behind a long name. */
export function longNameHead(name: string): string {
  return name.slice(longMark.length, longMark.length + 2 * longHeadBytes)
}

/** What precedes the value in the file of a long key: the key's length as two bytes, big-endian, and its UTF-8 bytes. */
export function longHeader(key: string): Uint8Array {
  const bytes = utf8Encode(key)
  const header = new Uint8Array(2 + bytes.byteLength)
  header[0] = bytes.byteLength >> 8
  header[1] = bytes.byteLength & 0xff
  header.set(bytes, 2)
  return header
}

/**
 * Name of a temporary file, of a process, a moment in nanoseconds and a number: unique, unless two threads or machines hit on
 * all three, of which the second then finds the file there and fails.
 */
export function tempName(pid: number, ns: bigint, number: number): string {
  const hex = (value: number | bigint, digits: number): string =>
    value.toString(16).padStart(digits, '0').slice(-digits)
  return tempMark + hex(pid, 8) + hex(ns, 16) + hex(number, 8)
}

/** Whether `name` has the form of {@link tempName}. */
export function isTempName(name: string): boolean {
  return name.startsWith(tempMark) && tempPattern.test(name)
}
