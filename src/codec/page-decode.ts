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
  integerColumn,
  listColumn,
  mixedColumn,
  type RecordShape,
  recordColumn,
  runColumn,
  stringColumn,
} from './page-columns.ts'
import { columnTags, keptFlag, kinds, maxCells, maxPageElements } from './page-format.ts'
import { recordTemplate, type TemplateKeys, templateMember } from './record-template.ts'
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

// The keys of a column of objects, the values of each, and whether those are all the same.
interface Fields extends TemplateKeys {
  readonly columns: readonly Column[]
  readonly isConstant: readonly boolean[]
}

class PageDecoder {
  readonly #in: ByteReader
  readonly #count: number
  readonly #latin1: Heap
  readonly #utf16: Heap
  // How many rows may still come.
  #cells: number
  #ordinal = 0
  readonly #kept = new Map<number, readonly string[]>()
  // Columns that give one value in all rows, and which.
  readonly #constants = new Map<Column, unknown>()

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
        return this.#constant(null)
      case columnTags.undefined:
        return this.#constant(undefined)
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

  #constant(value: unknown): Column {
    const column = constantColumn(value)
    this.#constants.set(column, value)
    return column
  }

  #booleans(rows: number): Column {
    const codes = this.#codes(rows, 2)
    return isUniform(codes) ? this.#constant(codes[0] === 1) : booleanColumn(codes)
  }

  #integers(rows: number): Column {
    const low = this.#in.f64()
    if (!Number.isSafeInteger(low) || Object.is(low, -0)) throw this.#in.corrupt(`found integers from ${low}`)
    const differences = readPacked(this.#in, rows)
    return isUniform(differences) ? this.#constant(low + differences[0]!) : integerColumn(low, differences)
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
    const keys = this.#keys(this.#in.varint())
    const shapeCount = this.#in.varint()
    if (shapeCount > this.#in.remaining) throw this.#in.corrupt(`found ${shapeCount} shapes`)
    const members: number[][] = []
    for (let shape = 0; shape < shapeCount; shape++) members.push(this.#shape(keys.length))
    const codes = this.#codes(rows, shapeCount)
    const rowsOfShape = countCodes(codes, rows, shapeCount)
    const rowsOfKey = new Float64Array(keys.length)
    for (let shape = 0; shape < shapeCount; shape++) {
      for (const key of members[shape]!) rowsOfKey[key]! += rowsOfShape[shape]!
    }
    const columns = keys.map((_, key) => this.#column(rowsOfKey[key]!, depth))
    const fields: Fields = {
      names: keys,
      members: keys.map(templateMember),
      columns,
      isConstant: columns.map(column => this.#constants.has(column)),
    }
    return recordColumn(
      members.map(shape => this.#recordShape(shape, fields)),
      codes,
    )
  }

  // The keys of one shape, as indexes below `keyCount`.
  #shape(keyCount: number): number[] {
    const size = this.#in.varint()
    if (size > this.#in.remaining) throw this.#in.corrupt(`found a shape of ${size} keys`)
    const members: number[] = []
    for (let i = 0; i < size; i++) {
      const key = this.#in.varint()
      if (key >= keyCount) throw this.#in.corrupt(`found key ${key} of ${keyCount}`)
      members.push(key)
    }
    return members
  }

  // Called for hundreds of shapes a page where maps have their keys at will.
  #recordShape(shape: readonly number[], fields: Fields): RecordShape {
    const made = recordTemplate(shape, fields)
    if (made === undefined) throw this.#in.corrupt('found a key twice in one object')
    const { columns, isConstant } = fields
    let template: Record<string, unknown> | undefined
    const keys: string[] = []
    const varying: Column[] = []
    for (let i = 0; i < shape.length; i++) {
      const key = shape[i]!
      const column = columns[key]!
      if (!isConstant[key]!) {
        keys.push(made.keys[i]!)
        varying.push(column)
        continue
      }
      // What all records have is copied with the template: most nulls, which are there already, and many a flag.
      const value = this.#constants.get(column)
      if (value === null) continue
      template ??= { ...made.template }
      template[made.keys[i]!] = value
    }
    return { template: template ?? made.template, keys, columns: varying }
  }

  #runs(rows: number, depth: number): Column {
    const lengths = readPacked(this.#in, rows)
    const total = sum(lengths)
    const keys = this.#keys(total)
    let at = 0
    for (let i = 0; i < rows; i++) {
      const end = at + lengths[i]!
      if (new Set(keys.slice(at, end)).size !== end - at) throw this.#in.corrupt('found a key twice in one object')
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
    if (kind === kinds.null) return this.#constant(null)
    if (kind === kinds.undefined) return this.#constant(undefined)
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
