// The columns of a page as they are read: each gives its rows one by one, so that an element is built whole before the
// next one, and nothing but elements is allocated. Everything is checked when a column is made; the column may then be
// called once per row. Closures on purpose: calls of many kinds of them cost less than methods of as many classes, and
// this is the hot path of a start.

import type { RecordCopier } from './next-record-copier.ts'
import type { PackedIntegers } from './packed-integers.ts'
import { setOwn } from './set-own.ts'

/** A column being read: gives the value of the next row. */
export type Column<T = unknown> = () => T

export function constantColumn(value: unknown): Column {
  return () => value
}

/** The column of nulls: there is one, so that it can be told from others. */
export const nullColumn: Column = constantColumn(null)

export function booleanColumn(codes: PackedIntegers): Column {
  let row = 0
  return () => codes[row++] === 1
}

export function integerColumn(low: number, differences: PackedIntegers): Column {
  let row = 0
  return () => low + differences[row++]!
}

export function doubleColumn(bytes: Uint8Array): Column {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let row = 0
  return () => view.getFloat64(8 * row++, true)
}

/** Strings that stand in `heap` one after the other from `start`. */
export function stringColumn(heap: string, start: number, lengths: PackedIntegers): Column<string> {
  let row = 0
  let end = start
  return () => {
    const from = end
    end += lengths[row++]!
    return heap.substring(from, end)
  }
}

export function dictionaryColumn<T>(entries: readonly T[], codes: PackedIntegers): Column<T> {
  let row = 0
  return () => entries[codes[row++]!]!
}

export function listColumn<T>(values: readonly T[]): Column<T> {
  let row = 0
  return () => values[row++]!
}

export function arrayColumn(lengths: PackedIntegers, items: Column): Column {
  let row = 0
  return () => {
    const length = lengths[row++]!
    if (length === 0) return []
    if (length === 1) return [items()]
    if (length === 2) return [items(), items()]
    const array = new Array<unknown>(length)
    for (let i = 0; i < length; i++) array[i] = items()
    return array
  }
}

/** Names of keys, and the column of each. */
export interface Fields {
  readonly names: readonly string[]
  readonly columns: readonly Column[]
}

/** The keys of shapes as indexes of names: those of shape `s` stand from `starts[s]` to `starts[s + 1]`. */
export interface ShapeKeys {
  readonly starts: Uint32Array
  readonly keys: readonly number[]
}

/** How objects of a shape are copied: from an object with all its keys, by what; and the keys that vary, each with its column. */
export interface ShapeTemplate {
  readonly template: Readonly<Record<string, unknown>>
  readonly copy: RecordCopier
  readonly keys: readonly string[]
  readonly columns: readonly Column[]
}

/** Objects of shapes that have a template, and of others, which are made key by key. */
export function recordColumn(
  codes: PackedIntegers,
  templates: readonly (ShapeTemplate | undefined)[],
  { starts, keys }: ShapeKeys,
  { names, columns }: Fields,
): Column {
  const set = names.some(name => name in Object.prototype) ? setOwn : assign
  const make = (code: number): Record<string, unknown> => {
    const record: Record<string, unknown> = {}
    const end = starts[code + 1]!
    for (let at = starts[code]!; at < end; at++) set(record, names[keys[at]!]!, columns[keys[at]!]!())
    return record
  }
  let row = 0
  return () => {
    const code = codes[row++]!
    const shape = templates[code]
    return shape === undefined ? make(code) : fill(shape)
  }
}

function assign(record: Record<string, unknown>, key: string, value: unknown): void {
  record[key] = value
}

function fill({ template, copy, keys, columns }: ShapeTemplate): Record<string, unknown> {
  const record = copy(template)
  for (let i = 0; i < keys.length; i++) {
    // Every key is there already, `__proto__` too, so that this never sets a prototype.
    record[keys[i]!] = columns[i]!()
  }
  return record
}

/** Objects of the next so many keys and values each. Keys of one object differ. */
export function runColumn(lengths: PackedIntegers, keys: readonly string[], items: Column): Column {
  let row = 0
  let at = 0
  return () => {
    const record: Record<string, unknown> = {}
    for (const end = at + lengths[row++]!; at < end; at++) setOwn(record, keys[at]!, items())
    return record
  }
}

export function mixedColumn(codes: PackedIntegers, groups: readonly Column[]): Column {
  let row = 0
  return () => groups[codes[row++]!]!()
}
