import { ByteReader } from '../bytes/byte-reader.ts'
import { CborDecoder } from './cbor-decode.ts'
import { maxDepth } from './limits.ts'
import { type PackedIntegers, readPacked } from './packed-integers.ts'
import {
  arrayColumn,
  booleanColumn,
  type Column,
  constantColumn,
  dictionaryColumn,
  doubleColumn,
  type Fields,
  integerColumn,
  listColumn,
  mixedColumn,
  nullColumn,
  recordColumn,
  runColumn,
  type ShapeKeys,
  type ShapeTemplate,
  stringColumn,
} from './page-columns.ts'
import { columnTags, keptFlag, kinds, maxCells, maxPageElements } from './page-format.ts'
import { shapeTemplate } from './record-template.ts'
import { unitText } from './unit-text.ts'

/**
 * Decodes what `encodePage` wrote for `count` elements. Throws `CORRUPT` for anything else. Long strings of one page share
 * memory: one of them keeps the characters of its page alive.
 */
export function decodePage(bytes: Uint8Array, count: number): unknown[] {
  const column = new PageDecoder(bytes, count).decode()
  const values = new Array<unknown>(count)
  for (let i = 0; i < count; i++) values[i] = column()
  return values
}

interface Heap {
  readonly text: string
  /** Where the next column's characters start. */
  at: number
}

class PageDecoder {
  readonly #in: ByteReader
  readonly #count: number
  readonly #latin1: Heap
  readonly #utf16: Heap
  // How many rows may still come.
  #cells: number
  // How many characters may still be spent on templates.
  #templateUnits: number
  #ordinal = 0
  readonly #kept = new Map<number, readonly string[]>()

  constructor(bytes: Uint8Array, count: number) {
    const reader = new ByteReader(bytes, 'a page')
    const found = reader.varint()
    if (found !== count || count > maxPageElements) throw reader.corrupt(`found ${found} elements, wanted ${count}`)
    const latin1Bytes = reader.varint()
    const utf16Bytes = reader.varint()
    if (utf16Bytes % 2 !== 0) throw reader.corrupt('found half a unit of UTF-16')
    this.#latin1 = { text: unitText.readLatin1(reader.take(latin1Bytes)), at: 0 }
    this.#utf16 = { text: unitText.readUtf16(reader.take(utf16Bytes)), at: 0 }
    this.#in = reader
    this.#count = count
    this.#cells = maxCells(bytes.byteLength, count)
    this.#templateUnits = this.#cells
  }

  // The column of the elements, once everything has been checked.
  decode(): Column {
    const column = this.#column(this.#count, 0)
    this.#in.done()
    if (this.#latin1.at !== this.#latin1.text.length || this.#utf16.at !== this.#utf16.text.length) {
      throw this.#in.corrupt('found characters that no string takes')
    }
    return column
  }

  #charge(rows: number): void {
    this.#cells -= rows
    if (!(this.#cells >= 0)) throw this.#in.corrupt('found more rows than a page of this size may have')
  }

  #column(rows: number, depth: number): Column {
    this.#charge(rows)
    const tag = this.#in.u8()
    switch (tag) {
      case columnTags.null:
        return nullColumn
      case columnTags.undefined:
        return constantColumn(undefined)
      case columnTags.booleans:
        return this.#booleans(rows)
      case columnTags.integers:
        return this.#integers(rows)
      case columnTags.doubles:
        return this.#doubles(rows)
      case columnTags.arrays:
        return this.#arrays(rows, this.#deeper(depth))
      case columnTags.objects:
        return this.#objects(rows, this.#deeper(depth))
      case columnTags.runs:
        return this.#runs(rows, this.#deeper(depth))
      case columnTags.mixed:
        return this.#mixed(rows, depth)
      case columnTags.cbor:
        return this.#cbor(rows, depth)
      default:
        return this.#strings(tag, rows)
    }
  }

  #deeper(depth: number): number {
    if (depth >= maxDepth) throw this.#in.corrupt(`found nesting deeper than ${maxDepth} levels`)
    return depth + 1
  }

  // Integers below `limit`.
  #codes(rows: number, limit: number): PackedIntegers {
    const codes = readPacked(this.#in, rows)
    for (let i = 0; i < rows; i++) {
      if (codes[i]! >= limit) throw this.#in.corrupt(`found code ${codes[i]}, wanted one below ${limit}`)
    }
    return codes
  }

  #booleans(rows: number): Column {
    const codes = this.#codes(rows, 2)
    return isUniform(codes) ? constantColumn(codes[0] === 1) : booleanColumn(codes)
  }

  #integers(rows: number): Column {
    const found = this.#in.f64()
    if (!Number.isSafeInteger(found) || Object.is(found, -0)) throw this.#in.corrupt(`found integers from ${found}`)
    // As a small integer where it is one: then sums are small integers too, of which no engine makes objects.
    const low = found === (found | 0) ? found | 0 : found
    const differences = readPacked(this.#in, rows)
    return isUniform(differences) ? constantColumn(low + differences[0]!) : integerColumn(low, differences)
  }

  #doubles(rows: number): Column {
    return doubleColumn(this.#in.take(rows * 8))
  }

  #strings(tag: number, rows: number): Column<string> {
    switch (tag) {
      case columnTags.latin1:
      case columnTags.utf16:
        return this.#plainStrings(tag, rows)
      case columnTags.latin1 | keptFlag:
      case columnTags.utf16 | keptFlag: {
        const ordinal = this.#ordinal
        const values = readAll(this.#plainStrings(tag & ~keptFlag, rows), rows)
        this.#kept.set(ordinal, values)
        return listColumn(values)
      }
      case columnTags.repeat: {
        const ordinal = this.#in.varint()
        const values = this.#kept.get(ordinal)
        if (values?.length !== rows) throw this.#in.corrupt(`found a repetition of column ${ordinal}`)
        return listColumn(values)
      }
      case columnTags.dictionary: {
        const entries = this.#entries()
        return dictionaryColumn(entries, this.#codes(rows, entries.length))
      }
      default:
        throw this.#in.corrupt(`found column tag ${tag}`)
    }
  }

  #plainStrings(tag: number, rows: number): Column<string> {
    this.#ordinal++
    const lengths = readPacked(this.#in, rows)
    const heap = tag === columnTags.utf16 ? this.#utf16 : this.#latin1
    const column = stringColumn(heap.text, heap.at, lengths)
    heap.at += sum(lengths)
    if (heap.at > heap.text.length) throw this.#in.corrupt('found strings beyond the characters of the page')
    return column
  }

  // The strings of a dictionary.
  #entries(): string[] {
    const size = this.#in.varint()
    this.#charge(size)
    const tag = this.#in.u8()
    if (tag === columnTags.dictionary) throw this.#in.corrupt('found a dictionary in a dictionary')
    return readAll(this.#strings(tag, size), size)
  }

  #arrays(rows: number, depth: number): Column {
    const lengths = readPacked(this.#in, rows)
    return arrayColumn(lengths, this.#column(sum(lengths), depth))
  }

  #keys(count: number): string[] {
    this.#charge(count)
    return readAll(this.#strings(this.#in.u8(), count), count)
  }

  #objects(rows: number, depth: number): Column {
    const names = this.#keys(this.#in.varint())
    const shapeCount = this.#in.varint()
    if (shapeCount > this.#in.remaining) throw this.#in.corrupt(`found ${shapeCount} shapes`)
    const shapes = this.#shapes(shapeCount, names)
    const codes = this.#codes(rows, shapeCount)
    const rowsOfShape = countCodes(codes, rows, shapeCount)
    const rowsOfKey = countKeys(shapes, rowsOfShape, names.length)
    const columns = names.map((_, key) => this.#column(rowsOfKey[key]!, depth))
    const fields = { names, columns }
    const templates = Array.from(rowsOfShape, (count, shape) => this.#template(shapes, shape, count, rows, fields))
    return recordColumn(codes, templates, shapes, fields)
  }

  // A template for a shape that `count` of `rows` objects have, if it is worth it: at most 32 such shapes a column, and the
  // wide ones, as objects that are made key by key are slow to read from about twenty keys on.
  #template(
    { starts, keys }: ShapeKeys,
    shape: number,
    count: number,
    rows: number,
    fields: Fields,
  ): ShapeTemplate | undefined {
    const [start, end] = [starts[shape]!, starts[shape + 1]!]
    const isFrequent = count >= 16 && count * 32 >= rows
    if (!isFrequent && (count === 0 || end - start <= maxKeysOneByOne)) return undefined
    const members = keys.slice(start, end)
    // Names may be long, and be those of many columns: what they cost is bounded by the size of the page.
    for (const key of members) this.#templateUnits -= fields.names[key]!.length + 8
    return this.#templateUnits < 0 ? undefined : shapeTemplate(members, fields, isFrequent)
  }

  // Throws if a shape has a name twice, under one index or two.
  #shapes(count: number, names: readonly string[]): ShapeKeys {
    const starts = new Uint32Array(count + 1)
    const keys: number[] = []
    const firstIndex = firstIndexes(names)
    // By first index of a name the last shape that has it, counted from 1.
    const lastShape = new Uint32Array(names.length)
    for (let shape = 1; shape <= count; shape++) {
      const size = this.#in.varint()
      if (size > this.#in.remaining) throw this.#in.corrupt(`found a shape of ${size} keys`)
      for (let i = 0; i < size; i++) {
        const key = this.#in.varint()
        if (key >= names.length) throw this.#in.corrupt(`found key ${key} of ${names.length}`)
        if (lastShape[firstIndex[key]!] === shape) throw this.#in.corrupt(keyTwice)
        lastShape[firstIndex[key]!] = shape
        keys.push(key)
      }
      starts[shape] = keys.length
    }
    return { starts, keys }
  }

  #runs(rows: number, depth: number): Column {
    const lengths = readPacked(this.#in, rows)
    const total = sum(lengths)
    const keys = this.#keys(total)
    let at = 0
    for (let i = 0; i < rows; i++) {
      const end = at + lengths[i]!
      if (new Set(keys.slice(at, end)).size !== end - at) throw this.#in.corrupt(keyTwice)
      at = end
    }
    return runColumn(lengths, keys, this.#column(total, depth))
  }

  #mixed(rows: number, depth: number): Column {
    const mask = this.#in.u8()
    const kindOfCode: number[] = []
    for (let kind = 0; kind < 8; kind++) if ((mask & (1 << kind)) !== 0) kindOfCode.push(kind)
    const codes = this.#codes(rows, kindOfCode.length)
    const counts = countCodes(codes, rows, kindOfCode.length)
    return mixedColumn(
      codes,
      kindOfCode.map((kind, code) => this.#group(kind, counts[code]!, depth)),
    )
  }

  #group(kind: number, rows: number, depth: number): Column {
    if (kind === kinds.null) return nullColumn
    if (kind === kinds.undefined) return constantColumn(undefined)
    // Otherwise mixes could nest without end, and deeper than any value.
    if (this.#in.peek() === columnTags.mixed) throw this.#in.corrupt('found a mix in a mix')
    return this.#column(rows, depth)
  }

  #cbor(rows: number, depth: number): Column {
    const decoder = new CborDecoder(this.#in.take(this.#in.varint()), depth)
    const values = decoder.elements(rows)
    decoder.done()
    return listColumn(values)
  }
}

const keyTwice = 'found a key twice in one object'
const maxKeysOneByOne = 16

function readAll(column: Column<string>, rows: number): string[] {
  const values = new Array<string>(rows)
  for (let i = 0; i < rows; i++) values[i] = column()
  return values
}

// Loops over rows are small functions: those are compiled early and soon, and what calls them never has to be.

function countCodes(codes: PackedIntegers, rows: number, limit: number): Uint32Array {
  const counts = new Uint32Array(limit)
  for (let i = 0; i < rows; i++) counts[codes[i]!]!++
  return counts
}

// How many rows have each key.
function countKeys({ starts, keys }: ShapeKeys, rowsOfShape: Uint32Array, keyCount: number): Float64Array {
  const counts = new Float64Array(keyCount)
  for (let shape = 0; shape < rowsOfShape.length; shape++) {
    for (let at = starts[shape]!; at < starts[shape + 1]!; at++) counts[keys[at]!]! += rowsOfShape[shape]!
  }
  return counts
}

// By index of a name the first index where it stands.
function firstIndexes(names: readonly string[]): Uint32Array {
  const first = new Map<string, number>()
  return Uint32Array.from(names, (name, i) => {
    const known = first.get(name)
    if (known === undefined) first.set(name, i)
    return known ?? i
  })
}

// Whether there are any, and all the same.
function isUniform(codes: PackedIntegers): boolean {
  const first = codes[0]
  for (let i = 1; i < codes.length; i++) if (codes[i] !== first) return false
  return first !== undefined
}

function sum(lengths: PackedIntegers): number {
  let total = 0
  for (let i = 0; i < lengths.length; i++) total += lengths[i]!
  return total
}
