import type { ByteWriter } from '../bytes/byte-writer.ts'
import { CacheError } from '../errors.ts'
import { writePacked } from './packed-integers.ts'
import { columnTags, keptFlag } from './page-format.ts'
import { unitText } from './unit-text.ts'

const maxByteLength = 2 ** 31 - 1

// Texts that are written when all are there: straight into a page of the right size.
class Heap {
  readonly texts: string[] = []
  units = 0

  add(text: string): void {
    this.texts.push(text)
    this.units += text.length
  }
}

interface Written {
  readonly ordinal: number
  readonly offset: number
  readonly lengths: Uint32Array
  readonly text: string
}

const beyondLatin1 = /[^\0-\xff]/

/** Writes columns of strings: lengths or codes into the columns, characters into the two heaps of the page. */
export class PageStrings {
  readonly #out: ByteWriter
  readonly #latin1 = new Heap()
  readonly #utf16 = new Heap()
  readonly #written = new Map<string, Written[]>()
  #ordinal = 0

  constructor(out: ByteWriter) {
    this.#out = out
  }

  /** The bytes of the page: `head`, the two heaps, each after its length in bytes, and the columns. */
  page(head: ByteWriter): Uint8Array {
    const latin1Bytes = this.#latin1.units
    const utf16Bytes = this.#utf16.units * 2
    head.varint(latin1Bytes)
    head.varint(utf16Bytes)
    const first = head.byteLength
    const second = first + latin1Bytes
    const third = second + utf16Bytes
    if (third + this.#out.byteLength > maxByteLength) {
      throw new CacheError('VALUE_TOO_LARGE', `Cannot encode a page: found more than ${maxByteLength} bytes`)
    }
    const page = new Uint8Array(third + this.#out.byteLength)
    page.set(head.written())
    unitText.writeLatin1(page.subarray(first, second), this.#latin1.texts.join(''))
    unitText.writeUtf16(page.subarray(second, third), this.#utf16.texts.join(''))
    page.set(this.#out.written(), third)
    return page
  }

  /** Writes one column and returns how many rows its dictionary has. */
  column(values: readonly string[]): number {
    const dictionary = buildDictionary(values)
    if (dictionary === undefined) {
      this.#plain(values)
      return 0
    }
    this.#out.u8(columnTags.dictionary)
    this.#out.varint(dictionary.entries.length)
    this.#plain(dictionary.entries)
    writePacked(this.#out, dictionary.codes, values.length)
    return dictionary.entries.length
  }

  #plain(values: readonly string[]): void {
    const text = values.join('')
    const lengths = lengthsOf(values)
    const identity = `${values.length} ${text.length} ${values[0]}`
    const candidates = this.#written.get(identity)
    const same = candidates?.find(known => known.text === text && sameIntegers(known.lengths, lengths))
    if (same !== undefined && values.length > 1) {
      this.#repeat(same)
      return
    }
    const written = { ordinal: this.#ordinal++, offset: this.#out.byteLength, lengths, text }
    if (candidates === undefined) this.#written.set(identity, [written])
    else candidates.push(written)
    const wide = beyondLatin1.test(text)
    this.#out.u8(wide ? columnTags.utf16 : columnTags.latin1)
    writePacked(this.#out, lengths, values.length)
    if (wide) this.#utf16.add(text)
    else this.#latin1.add(text)
  }

  // The same strings as an earlier column, which is marked so that a reader keeps its strings at hand.
  #repeat({ ordinal, offset }: Written): void {
    this.#out.flag(offset, keptFlag)
    this.#out.u8(columnTags.repeat)
    this.#out.varint(ordinal)
  }
}

function lengthsOf(values: readonly string[]): Uint32Array {
  const lengths = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) lengths[i] = values[i]!.length
  return lengths
}

function sameIntegers(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

interface Dictionary {
  readonly entries: string[]
  readonly codes: Uint32Array
}

// A dictionary if the strings repeat: judged by a sample first, and given up when half of them turn out to differ.
function buildDictionary(values: readonly string[]): Dictionary | undefined {
  const { length } = values
  if (length < 8) return undefined
  const sampled = Math.min(length, 32)
  const sample = new Set<string>()
  for (let i = 0; i < sampled; i++) sample.add(values[Math.floor((i * length) / sampled)]!)
  if (sample.size > sampled * 0.7) return undefined
  const known = new Map<string, number>()
  const codes = new Uint32Array(length)
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    let code = known.get(value)
    if (code === undefined) {
      code = known.size
      if (code * 2 >= length) return undefined
      known.set(value, code)
    }
    codes[i] = code
  }
  return { entries: [...known.keys()], codes }
}
