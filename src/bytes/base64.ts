const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const pad = 0x3d

const digits = Uint8Array.from(alphabet, digit => digit.charCodeAt(0))
const values = new Int8Array(128).fill(-1)
digits.forEach((digit, value) => {
  values[digit] = value
})
const ascii = new TextDecoder()

/** `bytes` in base64 with padding (RFC 4648, section 4). */
export function base64Encode(bytes: Uint8Array): string {
  const target = new Uint8Array(Math.ceil(bytes.byteLength / 3) * 4).fill(pad)
  let to = 0
  for (let at = 0; at < bytes.byteLength; at += 3) {
    const left = bytes.byteLength - at
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    target[to++] = digits[group >> 18]!
    target[to++] = digits[(group >> 12) & 63]!
    if (left > 1) target[to++] = digits[(group >> 6) & 63]!
    if (left > 2) target[to++] = digits[group & 63]!
  }
  return ascii.decode(target)
}

/**
 * The bytes of base64 `text`, or undefined if it is not base64 with its padding. Takes what Go's `base64.StdEncoding`
 * takes: line breaks anywhere, and any bits behind the last byte.
 */
export function base64Decode(text: string): Uint8Array | undefined {
  const joined = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, '') : text
  if (joined.length % 4 !== 0) return undefined
  const padding = joined.endsWith('==') ? 2 : joined.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((joined.length / 4) * 3 - padding)
  const end = joined.length - padding
  let group = 0
  let to = 0
  for (let at = 0; at < end; at++) {
    const value = values[joined.charCodeAt(at)] ?? -1
    if (value < 0) return undefined
    group = ((group << 6) | value) & 0xff_ffff
    if ((at & 3) === 0) continue
    bytes[to++] = group >> (6 - 2 * (at & 3))
  }
  return bytes
}
