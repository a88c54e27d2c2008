import { ByteWriter } from '../bytes/byte-writer.ts'
import { isCacheError } from '../errors.ts'
import { CborEncoder } from './cbor-encode.ts'
import { findArrayProblem, findObjectProblem, isPlainObject } from './inspect.ts'
import { maxDepth } from './limits.ts'
import { writePacked } from './packed-integers.ts'
import { columnTags, kinds, maxCells } from './page-format.ts'
import { PageStrings } from './page-strings.ts'
import { collectShapes, type Shapes } from './shapes.ts'

/** Encodes elements column by column. Throws `UNSUPPORTED_VALUE` with the path of a value that cannot be kept exactly. */
export function encodePage(values: readonly unknown[], path: string): Uint8Array {
  const encoder = new PageEncoder(values.length)
  try {
    encoder.column(values, 0)
  } catch (error) {
    // A column knows rows, not paths. Element by element the same value is refused again, by its path.
    if (error !== tooManyCells && !isCacheError(error, 'UNSUPPORTED_VALUE')) throw error
    return encodeAsCbor(values, path)
  }
  const bytes = encoder.finish()
  return encoder.cells <= maxCells(bytes.byteLength, values.length) ? bytes : encodeAsCbor(values, path)
}

function encodeAsCbor(values: readonly unknown[], path: string): Uint8Array {
  const encoder = new PageEncoder(values.length)
  encoder.cbor(values, 0, path)
  return encoder.finish()
}

const tooManyCells = new Error('too many cells')

class PageEncoder {
  readonly #out = new ByteWriter(1 << 16)
  readonly #heaps = new PageStrings(this.#out)
  readonly #count: number
  readonly #cellLimit: number
  /** Rows of all columns. */
  cells = 0

  constructor(count: number) {
    this.#count = count
    // Beyond what columns are good for; a cycle that fans out gets here long before it reaches the limit of nesting.
    this.#cellLimit = 2 ** 18 + count * 256
  }

  finish(): Uint8Array {
    const page = new ByteWriter(this.#out.byteLength + this.#heaps.byteLength + 32)
    page.varint(this.#count)
    this.#heaps.writeTo(page)
    page.bytes(this.#out.written())
    return page.finish()
  }

  column(values: readonly unknown[], depth: number): void {
    this.#charge(values.length)
    const kindOfRow = new Uint8Array(values.length)
    let mask = 0
    for (let i = 0; i < values.length; i++) {
      const kind = kindOf(values[i])
      kindOfRow[i] = kind
      mask |= 1 << kind
    }
    // One bit, or none in a column without rows: a single kind.
    if ((mask & (mask - 1)) === 0) this.#uniform(values, 31 - Math.clz32(mask | 1), depth)
    else this.#mixed(values, kindOfRow, mask, depth)
  }

  cbor(values: readonly unknown[], depth: number, path = ''): void {
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
  #uniform(values: readonly unknown[], kind: number, depth: number): void {
    const nests = kind === kinds.array || kind === kinds.object
    if (kind === kinds.other || (nests && depth >= maxDepth)) this.cbor(values, depth)
    else if (kind === kinds.string) this.#strings(values as readonly string[])
    else if (kind === kinds.number) this.#numbers(values as readonly number[])
    else if (kind === kinds.array) this.#arrays(values as readonly unknown[][], depth)
    else if (kind === kinds.object) this.#objects(values as readonly DataObject[], depth)
    else if (kind === kinds.boolean) this.#booleans(values as readonly boolean[])
    else this.#out.u8(kind === kinds.undefined ? columnTags.undefined : columnTags.null)
  }

  #strings(values: readonly string[]): void {
    this.#charge(this.#heaps.column(values))
  }

  #booleans(values: readonly boolean[]): void {
    this.#out.u8(columnTags.booleans)
    writePacked(this.#out, Uint32Array.from(values, Number), values.length)
  }

  #numbers(values: readonly number[]): void {
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let integers = true
    for (const value of values) {
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
        integers = false
        break
      }
      if (value < low) low = value
      if (value > high) high = value
    }
    if (integers && high - low <= 0xffff_ffff) {
      this.#out.u8(columnTags.integers)
      this.#out.f64(low)
      const differences = new Uint32Array(values.length)
      for (let i = 0; i < values.length; i++) differences[i] = values[i]! - low
      writePacked(this.#out, differences, values.length)
    } else {
      this.#out.u8(columnTags.doubles)
      for (const value of values) this.#out.f64(value)
    }
  }

  #arrays(values: readonly unknown[][], depth: number): void {
    const lengths = new Uint32Array(values.length)
    let total = 0
    for (let i = 0; i < values.length; i++) {
      const { length } = values[i]!
      lengths[i] = length
      total += length
    }
    this.#out.u8(columnTags.arrays)
    writePacked(this.#out, lengths, values.length)
    if (total > this.#cellLimit) throw tooManyCells
    const items: unknown[] = []
    for (const array of values) for (let i = 0; i < array.length; i++) items.push(array[i])
    this.column(items, depth + 1)
  }

  #objects(values: readonly DataObject[], depth: number): void {
    const shapes = collectShapes(values)
    if (shapes === undefined) this.#runs(values, depth)
    else this.#records(values, shapes, depth)
  }

  #records(values: readonly DataObject[], { keys, shapes, holders, codes }: Shapes, depth: number): void {
    const out = this.#out
    out.u8(columnTags.objects)
    out.varint(keys.length)
    this.#charge(keys.length)
    this.#strings(keys)
    out.varint(shapes.length)
    for (const shape of shapes) {
      out.varint(shape.length)
      for (const key of shape) out.varint(key)
    }
    writePacked(out, codes, values.length)
    for (let key = 0; key < keys.length; key++) {
      const name = keys[key]!
      const items: unknown[] = []
      if (holders[key]!.length === shapes.length) {
        for (const value of values) items.push(value[name])
      } else {
        const holds = new Uint8Array(shapes.length)
        for (const shape of holders[key]!) holds[shape] = 1
        for (let i = 0; i < values.length; i++) if (holds[codes[i]!] === 1) items.push(values[i]![name])
      }
      this.column(items, depth + 1)
    }
  }

  #runs(values: readonly DataObject[], depth: number): void {
    const lengths = new Uint32Array(values.length)
    const keys: string[] = []
    const items: unknown[] = []
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      const own = Object.keys(value)
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
    this.column(items, depth + 1)
  }

  #mixed(values: readonly unknown[], kindOfRow: Uint8Array, mask: number, depth: number): void {
    const codes = new Uint32Array(values.length)
    const codeOfKind: number[] = []
    const groups: unknown[][] = []
    for (let kind = 0; kind < 8; kind++) {
      codeOfKind.push(groups.length)
      if ((mask & (1 << kind)) !== 0) groups.push([])
    }
    for (let i = 0; i < values.length; i++) {
      const code = codeOfKind[kindOfRow[i]!]!
      codes[i] = code
      groups[code]!.push(values[i])
    }
    this.#out.u8(columnTags.mixed)
    this.#out.u8(mask)
    writePacked(this.#out, codes, values.length)
    for (let kind = kinds.boolean; kind < 8; kind++) {
      if ((mask & (1 << kind)) === 0) continue
      const group = groups[codeOfKind[kind]!]!
      this.#charge(group.length)
      this.#uniform(group, kind, depth)
    }
  }
}

type DataObject = Readonly<Record<string, unknown>>

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
      return value === null ? kinds.null : kindOfObject(value)
    default:
      return kinds.other
  }
}

// What no codec keeps counts as "other", so that CBOR refuses it.
function kindOfObject(value: object): number {
  if (Array.isArray(value)) return findArrayProblem(value) === undefined ? kinds.array : kinds.other
  if (!isPlainObject(value)) return kinds.other
  return findObjectProblem(value, Object.keys(value)) === undefined ? kinds.object : kinds.other
}
