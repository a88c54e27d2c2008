/** More elements than this do not go into one page. */
export const maxPageElements = 65_536

/** The first byte of a column: how its rows are written. docs/codecs.md describes each. */
export const columnTags = {
  null: 0,
  undefined: 1,
  booleans: 2,
  integers: 3,
  doubles: 4,
  latin1: 5,
  utf16: 6,
  dictionary: 7,
  repeat: 8,
  arrays: 9,
  objects: 10,
  runs: 11,
  mixed: 12,
  cbor: 13,
} as const

/** Added to the tag of a column of strings that a later `repeat` column names. */
export const keptFlag = 0x80

/** Kinds of values; a `mixed` column has one bit and one inner column per kind. */
export const kinds = {
  null: 0,
  undefined: 1,
  boolean: 2,
  number: 3,
  string: 4,
  array: 5,
  object: 6,
  other: 7,
} as const

/**
 * How many rows all columns of a page may have together. A page that needs more (rows that take no bytes) is written as
 * CBOR instead, so a reader never builds more from a page than this bound, whatever its bytes say.
 */
export function maxCells(byteLength: number, elements: number): number {
  return 4 * byteLength + 64 * elements + 256
}
