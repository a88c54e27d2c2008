// The columns of a page as they are read: each gives its rows one by one, so that an element is built whole before the
// next one. (Building column by column costs half again as much in a fresh process: arrays of values that live for a
// moment, and objects that are old for the garbage collector before their values exist.) Everything is checked when a
// column is made; `next` may then be called once per row. The fields are plain on purpose: this is the hot path of a start.
import type { PackedIntegers } from './packed-integers.ts'

/** A column being read. */
export interface Column {
  /** The value of the next row. */
  next(): unknown
}

export class ConstantColumn implements Column {
  readonly value: unknown

  constructor(value: null | undefined) {
    this.value = value
  }

  next(): unknown {
    return this.value
  }
}

export class BooleanColumn implements Column {
  readonly codes: PackedIntegers
  row = 0

  constructor(codes: PackedIntegers) {
    this.codes = codes
  }

  next(): boolean {
    return this.codes[this.row++] === 1
  }
}

export class IntegerColumn implements Column {
  readonly low: number
  readonly differences: PackedIntegers
  row = 0

  constructor(low: number, differences: PackedIntegers) {
    this.low = low
    this.differences = differences
  }

  next(): number {
    return this.low + this.differences[this.row++]!
  }
}

export class DoubleColumn implements Column {
  readonly view: DataView
  offset = 0

  constructor(view: DataView) {
    this.view = view
  }

  next(): number {
    const value = this.view.getFloat64(this.offset, true)
    this.offset += 8
    return value
  }
}

export class StringColumn implements Column {
  readonly heap: string
  readonly lengths: PackedIntegers
  row = 0
  at: number

  constructor(heap: string, at: number, lengths: PackedIntegers) {
    this.heap = heap
    this.lengths = lengths
    this.at = at
  }

  next(): string {
    const start = this.at
    this.at += this.lengths[this.row++]!
    return this.heap.substring(start, this.at)
  }
}

export class DictionaryColumn implements Column {
  readonly entries: readonly unknown[]
  readonly codes: PackedIntegers
  row = 0

  constructor(entries: readonly unknown[], codes: PackedIntegers) {
    this.entries = entries
    this.codes = codes
  }

  next(): unknown {
    return this.entries[this.codes[this.row++]!]
  }
}

export class ListColumn implements Column {
  readonly values: readonly unknown[]
  row = 0

  constructor(values: readonly unknown[]) {
    this.values = values
  }

  next(): unknown {
    return this.values[this.row++]
  }
}

export class ArrayColumn implements Column {
  readonly lengths: PackedIntegers
  readonly items: Column
  row = 0

  constructor(lengths: PackedIntegers, items: Column) {
    this.lengths = lengths
    this.items = items
  }

  next(): unknown[] {
    const length = this.lengths[this.row++]!
    const { items } = this
    if (length === 0) return []
    if (length === 1) return [items.next()]
    if (length === 2) return [items.next(), items.next()]
    const array = new Array<unknown>(length)
    for (let i = 0; i < length; i++) array[i] = items.next()
    return array
  }
}

/** A shape of a {@link RecordColumn}: an object with its keys and no values, the keys, and the column of each. */
export interface RecordShape {
  readonly template: Readonly<Record<string, unknown>>
  readonly keys: readonly string[]
  readonly columns: Column[]
}

export class RecordColumn implements Column {
  readonly shapes: readonly RecordShape[]
  readonly codes: PackedIntegers
  row = 0

  constructor(shapes: readonly RecordShape[], codes: PackedIntegers) {
    this.shapes = shapes
    this.codes = codes
  }

  next(): Record<string, unknown> {
    const { template, keys, columns } = this.shapes[this.codes[this.row++]!]!
    const record = { ...template }
    // Every key is there already, `__proto__` too, so that this never sets a prototype.
    for (let i = 0; i < keys.length; i++) record[keys[i]!] = columns[i]!.next()
    return record
  }
}

export class RunColumn implements Column {
  readonly lengths: PackedIntegers
  readonly keys: readonly string[]
  readonly items: Column
  row = 0
  at = 0

  constructor(lengths: PackedIntegers, keys: readonly string[], items: Column) {
    this.lengths = lengths
    this.keys = keys
    this.items = items
  }

  next(): Record<string, unknown> {
    const record: Record<string, unknown> = {}
    for (const end = this.at + this.lengths[this.row++]!; this.at < end; this.at++) {
      const key = this.keys[this.at]!
      // Keys of one run differ (checked before), so that the own property always is a new one.
      if (key === '__proto__') Object.defineProperty(record, key, ownProperty(this.items.next()))
      else record[key] = this.items.next()
    }
    return record
  }
}

function ownProperty(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true }
}

export class MixedColumn implements Column {
  readonly codes: PackedIntegers
  readonly groups: readonly Column[]
  row = 0

  constructor(codes: PackedIntegers, groups: readonly Column[]) {
    this.codes = codes
    this.groups = groups
  }

  next(): unknown {
    return this.groups[this.codes[this.row++]!]!.next()
  }
}
