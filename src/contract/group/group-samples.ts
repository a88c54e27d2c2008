import type { Entry } from '../../group/entry.ts'
import { bytesOf, hostileKeys, longKey } from '../samples.ts'

/** An entry of text that expires at a whole millisecond, or never. */
export function entryOf(text: string, expiresAtMs: number = Number.POSITIVE_INFINITY): Entry {
  return wireEntry(bytesOf(text), expiresAtMs === Number.POSITIVE_INFINITY ? 0n : BigInt(expiresAtMs) * 1_000_000n)
}

/** An entry as the wire has it. */
export function wireEntry(value: Uint8Array, expireNs: bigint): Entry {
  return { value, expiresAtMs: expireNs === 0n ? Number.POSITIVE_INFINITY : Number(expireNs) / 1e6, expireNs }
}

/** Bytes in hexadecimal digits: a name for a key that need not be text. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Keys of every kind that a wire may bend; none is empty, and no two are equal. */
export const wireKeys: readonly Uint8Array[] = [
  ...hostileKeys.map(bytesOf),
  ...[
    'a?b',
    'a#b',
    'a&b=c',
    'http://host/path',
    '_remove-keys/',
    '_remove-keys/a',
    '%2e%2e/',
    '..%2f',
    'a/../../b',
  ].map(bytesOf),
  ...['x'.repeat(1024), '/'.repeat(1024), longKey('\u{1f600}', 1024), longKey('ü', 1023)].map(bytesOf),
  ...[
    [0xff],
    [0xff, 0xfe],
    [0x80],
    [0xc3],
    [0xc3, 0x28],
    [0xed, 0xa0, 0x80],
    [0xed, 0xb2, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
  ].map(bytes => Uint8Array.from(bytes)),
  Uint8Array.of(0x2e, 0x2e, 0xff),
  Uint8Array.from({ length: 256 }, (_, index) => index),
  new Uint8Array(1024).fill(0xff),
]
