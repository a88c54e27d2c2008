/** WTF-8 of `text`: UTF-8 in which a lone surrogate takes the three bytes its code point would take. */
export function wtf8Encode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let at = 0
  for (const character of text) {
    const point = character.codePointAt(0)!
    if (point < 0x80) {
      bytes[at++] = point
    } else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6)
      bytes[at++] = 0x80 | (point & 0x3f)
    } else if (point < 0x1_0000) {
      bytes[at++] = 0xe0 | (point >> 12)
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[at++] = 0x80 | (point & 0x3f)
    } else {
      bytes[at++] = 0xf0 | (point >> 18)
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[at++] = 0x80 | (point & 0x3f)
    }
  }
  return bytes.slice(0, at)
}

/**
 * The text of WTF-8 `bytes`, or undefined if they are not what {@link wtf8Encode} gives for a string with a lone surrogate.
 * Everything between the surrogates is decoded by `decode`, a strict UTF-8 decoder that throws on bad bytes.
 */
export function wtf8Decode(bytes: Uint8Array, decode: (bytes: Uint8Array) => string): string | undefined {
  const parts: string[] = []
  let start = 0
  let highEnd = -1
  for (let at = 0; at + 2 < bytes.byteLength; at++) {
    const second = bytes[at + 1]!
    const third = bytes[at + 2]!
    // 0xed starts a three-byte sequence in every valid text; followed by 0xa0 or more it is a surrogate.
    if (bytes[at] !== 0xed || second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue
    // A high and a low surrogate in a row are a pair, which has a four-byte form of its own.
    if (second >= 0xb0 && highEnd === at) return undefined
    parts.push(decode(bytes.subarray(start, at)))
    parts.push(String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f)))
    start = at + 3
    highEnd = second < 0xb0 ? start : -1
    at += 2
  }
  if (parts.length === 0) return undefined
  parts.push(decode(bytes.subarray(start)))
  return parts.join('')
}
