import { utf8Encode } from '../../bytes/utf8.ts'

/** How a segment of a path is escaped: as Go's `url.PathEscape` does it, or as its `url.QueryEscape`. */
export type Escaping = 'path' | 'query'

const alwaysPlain = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~'

function tableOf(plain: string, space: string): readonly string[] {
  return Array.from({ length: 256 }, (_, byte) => {
    const character = String.fromCharCode(byte)
    if (character === ' ') return space
    return plain.includes(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  })
}

const tables: Readonly<Record<Escaping, readonly string[]>> = {
  path: tableOf(`${alwaysPlain}$&+:=@`, '%20'),
  query: tableOf(alwaysPlain, '+'),
}

/** The segment of a path that stands for `text` (UTF-8) or for bytes. */
export function escapeSegment(text: string | Uint8Array, how: Escaping = 'path'): string {
  const table = tables[how]
  let escaped = ''
  for (const byte of typeof text === 'string' ? utf8Encode(text) : text) escaped += table[byte]!
  return escaped
}

/**
 * The bytes of a path as it stands on a request line: `%XX` undone, any other character below U+0100 one byte. With
 * `query`, `+` is a space. `undefined` for a broken escape and for characters that no path has: controls, spaces, and
 * those from U+0100 on.
 */
export function unescapePath(path: string, how: Escaping = 'path'): Uint8Array | undefined {
  const bytes = new Uint8Array(path.length)
  let length = 0
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i)
    if (unit <= 0x20 || unit === 0x7f || unit > 0xff) return undefined
    if (unit === 0x25) {
      const byte = byteOfHex(path.charCodeAt(i + 1), path.charCodeAt(i + 2))
      if (byte < 0) return undefined
      bytes[length++] = byte
      i += 2
    } else bytes[length++] = unit === 0x2b && how === 'query' ? 0x20 : unit
  }
  return bytes.subarray(0, length)
}

function byteOfHex(high: number, low: number): number {
  const [h, l] = [digitOf(high), digitOf(low)]
  return h < 0 || l < 0 ? -1 : h * 16 + l
}

// Of either case; past the end of the text the unit is NaN, which is no digit.
function digitOf(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30
  const letter = unit | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
