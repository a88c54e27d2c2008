import type { Store, StoreOptions } from '../store/store.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The bytes of `text`, alone in their buffer. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(encoder.encode(text))
}

/** The text of `bytes`, or the word absent; for comparing small values in one go. */
export function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'absent' : decoder.decode(bytes)
}

/** `length` bytes that show a byte which was lost, moved or doubled. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = i ^ (i >>> 8) ^ (i >>> 16)
  return bytes
}

/** The order of the rules, from the definition: by UTF-8 bytes, the shorter of two with equal beginnings first. */
export function compareKeys(a: string, b: string): number {
  const x = encoder.encode(a)
  const y = encoder.encode(b)
  for (let i = 0; i < x.byteLength && i < y.byteLength; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0)
    if (difference !== 0) return difference
  }
  return x.byteLength - y.byteLength
}

/** `keys` in the order in which a store lists them. */
export function inOrder(keys: Iterable<string>): string[] {
  return [...keys].sort(compareKeys)
}

/** All keys of a listing. */
export async function keysOf(store: Store, prefix = '', options?: StoreOptions): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.list(prefix, options)) keys.push(key)
  return keys
}

/** Stores each key with itself as its value, one after another. */
export async function fill(store: Store, keys: Iterable<string>): Promise<void> {
  for (const key of keys) await store.store(key, bytesOf(key))
}

/** `count` keys of equal length in their order: `<stem>000`, `<stem>001`, ... */
export function numbered(stem: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${stem}${String(index).padStart(3, '0')}`)
}

/** A key of exactly `byteLength` bytes that is made of `char`, filled up with ASCII. */
export function longKey(char: string, byteLength: number): string {
  const size = encoder.encode(char).byteLength
  return char.repeat(Math.floor(byteLength / size)) + 'a'.repeat(byteLength % size)
}

/** Keys that some medium treats as special; no two differ only in case or normalisation (rule S15 has those). */
export const hostileKeys: readonly string[] = [
  ...['\0', 'a\0', 'a\0b', '\u0001', '\t', '\n', '\r\n', 'a\nb', '\u001b[0m', '\x7f'],
  ...['/', '//', '/a', 'a', 'a/', 'a/b', 'a//b', 'a/b/', 'a/b/c', '\\', 'a\\b', '\\\\?\\C:\\'],
  ...['.', '..', '...', '../a', './a', 'a/..', 'a/../b', 'a/./b', '.a', 'a.', 'a..', '~', '~/a'],
  ...['CON', 'NUL.txt', 'AUX', 'COM1', 'LPT9.', 'C:', 'a:b', '*', '?', 'a*', '[a]', '<', '>', '|', '"', "'", '`'],
  ...[' ', ' a', 'a ', 'a  b', '\u00a0', '\u2028', '\u200b', '\u202e', '\ufeff', '\ufeffa'],
  ...['0', '1', '01', '1.0', '-1', '10', '9', '1e3', '4294967294', '4294967295', '9007199254740993'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then'],
  ...['undefined', 'null', 'NaN', 'true', '{}', '[object Object]', '$', '#', '&', ';', '=', '!', '@', '@head'],
  ...['%', '%00', '%2F', '%2e%2e', '%E0%A4%A', 'a%2Fb', 'a+b', '61', '0x61', '=?utf-8?'],
  ...['LOCK', 'CURRENT', 'a.tmp', '.tmp-a', '.lock', '.DS_Store', 'desktop.ini'],
  ...['\u0080', '\u00ff', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uff5e', '\ufffd', '\ufffe', '\uffff'],
  ...['\u{10000}', '\u{1f600}', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', '\u{1f1e9}\u{1f1ea}', '\u{10ffff}'],
]
