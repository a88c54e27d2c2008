import { ByteWriter } from '../bytes/byte-writer.ts'
import { isCacheError } from '../errors.ts'
import { CborEncoder } from './cbor-encode.ts'
import { findArrayProblem, hasOnlyKeys, isPlainObject } from './inspect.ts'
import { maxDepth } from './limits.ts'
import { writePacked } from './packed-integers.ts'
import {
  contentOfArrays,
  contentOfLeaves,
  contentOfMixed,
  contentOfRecords,
  contentOfRuns,
  type PageContent,
} from './page-content.ts'
import { columnTags, kinds, maxCells } from './page-format.ts'
import { PageStrings } from './page-strings.ts'
import { collectShapes, notKept, type Shapes } from './shapes.ts'

/** A page, and what its elements were; that is `undefined` where something in them is no column. */
export interface EncodedPage {
  readonly bytes: Uint8Array
  readonly content: PageContent | undefined
}

/**
 * Encodes elements column by column. `values` belongs to the content from here on. Throws `UNSUPPORTED_VALUE` with the path
 * of a value that cannot be kept exactly.
 */
export function encodePage(values: readonly unknown[], path: string): EncodedPage {
  const encoder = new PageEncoder(values.length)
  let content: PageContent | undefined
  try {
    content = encoder.column(values, 0)
  } catch (error) {
    // A column knows rows, not paths. Element by element the same value is refused again, by its path.
    if (error !== tooManyCells && error !== notKept && !isCacheError(error, 'UNSUPPORTED_VALUE')) throw error
    return encodeAsCbor(values, path)
  }
  const bytes = encoder.finish()
  return encoder.cells <= maxCells(bytes.byteLength, values.length) ? { bytes, content } : encodeAsCbor(values, path)
}

function encodeAsCbor(values: readonly unknown[], path: string): EncodedPage {
  const encoder = new PageEncoder(values.length)
  encoder.cbor(values, 0, path)
  return { bytes: encoder.finish(), content: undefined }
}

const tooManyCells = new Error('too many cells')

class PageEncoder {
  readonly #out = new ByteWriter(1 << 16)
  readonly #heaps = new PageStrings(this.#out)
  readonly #count: number
  readonly #cellLimit: number
  #scratch = new Uint32Array(1024)
  /** Rows of all columns. */
  cells = 0

  constructor(count: number) {
    this.#count = count
    // Beyond what columns are good for; a cycle that fans out gets here long before it reaches the limit of nesting.
    this.#cellLimit = 2 ** 18 + count * 256
  }

  finish(): Uint8Array {
    const head = new ByteWriter(32)
    head.varint(this.#count)
    return this.#heaps.page(head)
  }

  column(values: readonly unknown[], depth: number): PageContent | undefined {
    const rows = values.length
    this.#charge(rows)
    const kind = rows === 0 ? kinds.null : kindOf(values[0])
    return allOfKind(values, kind) ? this.#uniform(values, kind, depth) : this.#mixed(values, depth)
  }

  cbor(values: readonly unknown[], depth: number, path = ''): undefined {
    const encoder = new CborEncoder(path, depth)
    encoder.elements(values)
    const bytes = encoder.finish()
    this.#out.u8(columnTags.cbor)
    this.#out.varint(bytes.byteLength)
    this.#out.bytes(bytes)
  }

  #charge(rows: number): void {
    this.cells += rows
    if (this.cells > this.#cellLimit) throw tooManyCells
  }

  // A column of values of one kind. The casts follow from the kind.
  #uniform(values: readonly unknown[], kind: number, depth: number): PageContent | undefined {
    const nests = kind === kinds.array || kind === kinds.object
    if (kind === kinds.other || (nests && depth >= maxDepth)) return this.cbor(values, depth)
    if (kind === kinds.array) return this.#arrays(values as readonly unknown[][], depth)
    if (kind === kinds.object) return this.#objects(values as readonly DataObject[], depth)
    if (kind === kinds.string) this.#strings(values as readonly string[])
    else if (kind === kinds.number) this.#numbers(values as readonly number[])
    else if (kind === kinds.boolean) this.#booleans(values as readonly boolean[])
    else this.#out.u8(kind === kinds.undefined ? columnTags.undefined : columnTags.null)
    return contentOfLeaves(values)
  }

  #strings(values: readonly string[]): void {
    this.#charge(this.#heaps.column(values))
  }

  #booleans(values: readonly boolean[]): void {
    this.#out.u8(columnTags.booleans)
    const codes = this.#integers(values.length)
    toBits(values, codes)
    writePacked(this.#out, codes, values.length)
  }

  #numbers(values: readonly number[]): void {
    const { low, high } = rangeOf(values)
    if (high - low <= 0xffff_ffff) {
      this.#out.u8(columnTags.integers)
      this.#out.f64(low)
      const differences = this.#integers(values.length)
      subtract(values, low, differences)
      writePacked(this.#out, differences, values.length)
    } else {
      this.#out.u8(columnTags.doubles)
      for (let i = 0; i < values.length; i++) this.#out.f64(values[i]!)
    }
  }

  #arrays(values: readonly unknown[][], depth: number): PageContent | undefined {
    const rows = values.length
    const lengths = new Uint32Array(rows)
    const total = measure(values, lengths)
    this.#out.u8(columnTags.arrays)
    writePacked(this.#out, lengths, rows)
    if (total > this.#cellLimit) throw tooManyCells
    const items = this.column(flatten(values), depth + 1)
    return items && contentOfArrays(lengths, rows, items)
  }

  #objects(values: readonly DataObject[], depth: number): PageContent | undefined {
    const shapes = collectShapes(values)
    return shapes === undefined ? this.#runs(values, depth) : this.#records(values.length, shapes, depth)
  }

  #records(rows: number, { fields, shapes, codes }: Shapes, depth: number): PageContent | undefined {
    const out = this.#out
    const keys = fields.map(field => field.key)
    out.u8(columnTags.objects)
    out.varint(fields.length)
    this.#charge(fields.length)
    this.#strings(keys)
    writeShapes(out, shapes)
    writePacked(out, codes, rows)
    const parts = wholeList(fields.map(field => this.column(field.values, depth + 1)))
    return parts && contentOfRecords(codes, shapes, keys, parts)
  }

  #runs(values: readonly DataObject[], depth: number): PageContent | undefined {
    const lengths = new Uint32Array(values.length)
    const keys: string[] = []
    const items: unknown[] = []
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      const own = Object.keys(value)
      if (!hasOnlyKeys(value, own.length, own[own.length - 1] ?? '')) throw notKept
      lengths[i] = own.length
      for (const key of own) {
        keys.push(key)
        items.push(value[key])
      }
    }
    this.#out.u8(columnTags.runs)
    writePacked(this.#out, lengths, values.length)
    this.#charge(keys.length)
    this.#strings(keys)
    const content = this.column(items, depth + 1)
    return content && contentOfRuns(lengths, keys, content)
  }

  // Integers to write at once; valid until the next call.
  #integers(count: number): Uint32Array {
    if (count > this.#scratch.length) this.#scratch = new Uint32Array(count)
    return this.#scratch
  }

  #mixed(values: readonly unknown[], depth: number): PageContent | undefined {
    let mask = 0
    for (let i = 0; i < values.length; i++) mask |= 1 << kindOf(values[i])
    const codes = new Uint32Array(values.length)
    const codeOfKind: number[] = []
    const groups: unknown[][] = []
    for (let kind = 0; kind < 8; kind++) {
      codeOfKind.push(groups.length)
      if ((mask & (1 << kind)) !== 0) groups.push([])
    }
    for (let i = 0; i < values.length; i++) {
      const code = codeOfKind[kindOf(values[i])]!
      codes[i] = code
      groups[code]!.push(values[i])
    }
    this.#out.u8(columnTags.mixed)
    this.#out.u8(mask)
    writePacked(this.#out, codes, values.length)
    const parts: (PageContent | undefined)[] = []
    for (let kind = 0; kind < 8; kind++) {
      if ((mask & (1 << kind)) === 0) continue
      const group = groups[codeOfKind[kind]!]!
      // The mask says it all of these two.
      if (kind === kinds.null || kind === kinds.undefined) {
        parts.push(contentOfLeaves(group))
        continue
      }
      this.#charge(group.length)
      parts.push(this.#uniform(group, kind, depth))
    }
    const whole = wholeList(parts)
    return whole && contentOfMixed(codes, whole)
  }
}

function wholeList<T>(list: readonly (T | undefined)[]): readonly T[] | undefined {
  return list.every(item => item !== undefined) ? list : undefined
}

type DataObject = Readonly<Record<string, unknown>>

// Loops over rows are small functions: those are compiled early and soon, and what calls them never has to be.

function allOfKind(values: readonly unknown[], kind: number): boolean {
  for (let i = 0; i < values.length; i++) if (kindOf(values[i]) !== kind) return false
  return true
}

function measure(arrays: readonly unknown[][], lengths: Uint32Array): number {
  let total = 0
  for (let i = 0; i < arrays.length; i++) total += lengths[i] = arrays[i]!.length
  return total
}

function flatten(arrays: readonly unknown[][]): unknown[] {
  const items: unknown[] = []
  for (let i = 0; i < arrays.length; i++) pushItems(arrays[i]!, items)
  return items
}

function writeShapes(out: ByteWriter, shapes: readonly (readonly number[])[]): void {
  out.varint(shapes.length)
  for (const shape of shapes) {
    out.varint(shape.length)
    for (const field of shape) out.varint(field)
  }
}

function toBits(values: readonly boolean[], bits: Uint32Array): void {
  for (let i = 0; i < values.length; i++) bits[i] = values[i] ? 1 : 0
}

function pushItems(array: readonly unknown[], items: unknown[]): void {
  if (findArrayProblem(array) !== undefined) throw notKept
  for (let i = 0; i < array.length; i++) items.push(array[i])
}

// Smallest and largest of `values` if all are integers, else an endless range.
function rangeOf(values: readonly number[]): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { low: -Infinity, high: Infinity }
    if (value < low) low = value
    if (value > high) high = value
  }
  return { low, high }
}

function subtract(values: readonly number[], low: number, differences: Uint32Array): void {
  for (let i = 0; i < values.length; i++) differences[i] = values[i]! - low
}

function kindOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return kinds.string
    case 'number':
      return kinds.number
    case 'boolean':
      return kinds.boolean
    case 'undefined':
      return kinds.undefined
    case 'object':
      if (value === null) return kinds.null
      if (Array.isArray(value)) return kinds.array
      // What no codec keeps counts as "other" too, so that CBOR refuses it.
      return isPlainObject(value) ? kinds.object : kinds.other
    default:
      return kinds.other
  }
}
