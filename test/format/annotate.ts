import { toHex } from '../../src/bytes/hex.ts'
import { utf8Decode } from '../../src/bytes/utf8.ts'

const bytesPerLine = 16

/**
 * Spells out a head that is not sealed, field by field. It reads by docs/FORMAT.md and uses nothing of the source that
 * reads heads, so that two readers agree on the worked example.
 */
export function annotateHead(bytes: Uint8Array): string {
  return new Annotator(bytes).head()
}

class Annotator {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #lines: string[] = []
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  head(): string {
    this.#text(4, 'magic')
    this.#u8('format version')
    this.#u8('flags: not sealed')
    this.#u16('reserved')
    this.#id('')
    this.#f64('savedAt', value => new Date(value).toISOString())
    this.#u32('schema version')
    const columns = this.#u32('columns')
    for (let i = 0; i < columns; i++) this.#column()
    this.#skip(16, 'digest of all bytes above')
    if (this.#at !== this.#bytes.byteLength) throw new Error(`${this.#at} of ${this.#bytes.byteLength} bytes explained`)
    return this.#lines.join('\n')
  }

  #column(): void {
    this.#lines.push('')
    const length = this.#u16('column: length of its name')
    this.#text(length, 'name')
    this.#u8('shape', value => ['plain', 'array', 'object', 'map'][value]!)
    this.#u32('elements')
    const pieces = this.#u32('pieces')
    for (let i = 0; i < pieces; i++) this.#piece()
  }

  #piece(): void {
    this.#u8('  piece: role', roleName)
    this.#u8('  flags: inline')
    this.#id('  ')
    this.#u32('  part')
    this.#u32('  elements')
    const length = this.#u32('  length')
    this.#skip(16, '  digest')
    const end = this.#at + length
    this.#text(4, '    segment: magic')
    this.#u8('    format version')
    this.#u8('    role', roleName)
    this.#u8('    codec', value => ['', 'JSON', 'CBOR', 'pages'][value]!)
    this.#u8('    flags: neither deflated nor sealed')
    this.#u32('    elements')
    this.#u32('    payload bytes')
    this.#text(end - this.#at, '    payload')
  }

  #id(indent: string): void {
    const high = this.#view.getUint16(this.#at + 4, true)
    this.#skip(6, `${indent}generation: ${this.#view.getUint32(this.#at, true) + high * 2 ** 32}`)
    this.#skip(8, `${indent}nonce`)
  }

  #u8(meaning: string, explain?: (value: number) => string): number {
    return this.#number(1, this.#view.getUint8(this.#at), meaning, explain)
  }

  #u16(meaning: string): number {
    return this.#number(2, this.#view.getUint16(this.#at, true), meaning)
  }

  #u32(meaning: string): number {
    return this.#number(4, this.#view.getUint32(this.#at, true), meaning)
  }

  #f64(meaning: string, explain: (value: number) => string): number {
    return this.#number(8, this.#view.getFloat64(this.#at, true), meaning, explain)
  }

  #number(length: number, value: number, meaning: string, explain?: (value: number) => string): number {
    this.#skip(length, `${meaning}: ${value}${explain === undefined ? '' : `, ${explain(value)}`}`)
    return value
  }

  #text(length: number, meaning: string): void {
    this.#skip(length, `${meaning}: ${utf8Decode(this.#bytes.subarray(this.#at, this.#at + length))}`)
  }

  // Long fields take several lines; the meaning stands on the first.
  #skip(length: number, meaning: string): void {
    const end = this.#at + length
    for (let at = this.#at; at < end; at += bytesPerLine) {
      const hex = toHex(this.#bytes.subarray(at, Math.min(end, at + bytesPerLine)))
      const spaced = hex.replace(/..(?=.)/g, '$& ').padEnd(3 * bytesPerLine - 1)
      const offset = at.toString(16).padStart(4, '0')
      this.#lines.push(`${offset}  ${spaced}  ${at === this.#at ? meaning : ''}`.trimEnd())
    }
    this.#at = end
  }
}

function roleName(role: number): string {
  return ['', 'value', 'index', 'page', 'delta'][role]!
}
