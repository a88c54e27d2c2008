import { isPlainObject } from './inspect.ts'

/**
 * What the rows of a column were when it was written: the arrays that the encoder took them apart into, kept as they are.
 * Only leaves are held, so that mutations of the values do not reach it. All parts are of one layout, and what a kind does
 * not need is empty: the walk through them is the hot path of a store.
 */
export interface PageContent {
  readonly kind: (typeof contentKinds)[keyof typeof contentKinds]
  /** Of leaves: the rows. Of runs: the keys of all rows, one after the other. */
  readonly leaves: readonly unknown[]
  /** Of arrays and runs: where the items of each row begin, and where the last end. Otherwise the code of each row. */
  readonly rows: Uint32Array
  /** Of arrays and runs: the items. Of records: one part a field. Of a mixed column: one a kind. */
  readonly parts: readonly PageContent[]
  /** Of records, by code: the keys, and the part of each. */
  readonly shapes: readonly ContentShape[]
  /** By part: which row of it each row of this column is, as far as it is one; `undefined` if it is the same. */
  ranks: readonly (Uint32Array | undefined)[] | undefined
}

interface ContentShape {
  readonly keys: readonly string[]
  readonly parts: readonly number[]
}

const contentKinds = { leaves: 0, arrays: 1, records: 2, runs: 3, mixed: 4 } as const

const none = new Uint32Array(0)

/** Rows that hold nothing: `values` belongs to the content from here on. */
export function contentOfLeaves(values: readonly unknown[]): PageContent {
  return { kind: contentKinds.leaves, leaves: values, rows: none, parts: [], shapes: [], ranks: undefined }
}

/** Arrays of the first so many `lengths`. */
export function contentOfArrays(lengths: Uint32Array, count: number, items: PageContent): PageContent {
  const rows = startsOf(lengths, count)
  return { kind: contentKinds.arrays, leaves: [], rows, parts: [items], shapes: [], ranks: undefined }
}

/** Objects as `collectShapes` took them apart: `shapes` are lists of indexes of `keys` and of `parts`. */
export function contentOfRecords(
  codes: Uint32Array,
  shapes: readonly (readonly number[])[],
  keys: readonly string[],
  parts: readonly PageContent[],
): PageContent {
  const keyed = shapes.map(shape => ({ keys: shape.map(field => keys[field]!), parts: shape }))
  return { kind: contentKinds.records, leaves: [], rows: codes, parts, shapes: keyed, ranks: undefined }
}

/** Objects of so many of `keys` and of the items each. */
export function contentOfRuns(lengths: Uint32Array, keys: readonly string[], items: PageContent): PageContent {
  const rows = startsOf(lengths, lengths.length)
  return { kind: contentKinds.runs, leaves: keys, rows, parts: [items], shapes: [], ranks: undefined }
}

/** Rows of several kinds, each the next one of the part that its code names. */
export function contentOfMixed(codes: Uint32Array, parts: readonly PageContent[]): PageContent {
  const shapes = parts.map((_, part) => ({ keys: [], parts: [part] }))
  return { kind: contentKinds.mixed, leaves: [], rows: codes, parts, shapes, ranks: undefined }
}

function startsOf(lengths: Uint32Array, count: number): Uint32Array {
  const starts = new Uint32Array(count + 1)
  for (let i = 0; i < count; i++) starts[i + 1] = starts[i]! + lengths[i]!
  return starts
}

/** Whether `value` is exactly what `row` was, in the sense of `sameAsTape`. */
export function sameAsRow(value: unknown, content: PageContent, row: number): boolean {
  switch (content.kind) {
    case contentKinds.leaves:
      return Object.is(content.leaves[row], value)
    case contentKinds.arrays:
      return Array.isArray(value) && sameItems(value, content, row)
    case contentKinds.mixed: {
      const part = content.rows[row]!
      return sameAsRow(value, content.parts[part]!, ranksOf(content)[part]![row]!)
    }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlainObject(value)) return false
  return content.kind === contentKinds.records ? sameRecord(value, content, row) : sameRun(value, content, row)
}

function sameItems(array: readonly unknown[], content: PageContent, row: number): boolean {
  const start = content.rows[row]!
  const length = content.rows[row + 1]! - start
  if (array.length !== length) return false
  const items = content.parts[0]!
  for (let i = 0; i < length; i++) {
    const item = array[i]
    if (!sameAsRow(item, items, start + i) || (item === undefined && !(i in array))) return false
  }
  return true
}

function sameRecord(object: Record<string, unknown>, content: PageContent, row: number): boolean {
  const { keys, parts } = content.shapes[content.rows[row]!]!
  const ranks = ranksOf(content)
  let i = 0
  for (const key in object) {
    if (key !== keys[i]) return false
    const part = parts[i++]!
    const rank = ranks[part]
    if (!sameAsRow(object[key], content.parts[part]!, rank === undefined ? row : rank[row]!)) return false
  }
  return i === keys.length
}

function sameRun(object: Record<string, unknown>, content: PageContent, row: number): boolean {
  let at = content.rows[row]!
  const end = content.rows[row + 1]!
  const items = content.parts[0]!
  for (const key in object) {
    if (at === end || key !== content.leaves[at] || !sameAsRow(object[key], items, at)) return false
    at++
  }
  return at === end
}

// Made when first needed: a first store waits for nothing that only a second one uses.
function ranksOf(content: PageContent): readonly (Uint32Array | undefined)[] {
  const ranks = content.ranks ?? content.parts.map((_, part) => rankRows(content, part))
  content.ranks = ranks
  return ranks
}

function rankRows({ kind, rows, shapes }: PageContent, part: number): Uint32Array | undefined {
  const has = shapes.map(({ parts }) => parts.includes(part))
  if (kind === contentKinds.records && !has.includes(false)) return undefined
  const ranks = new Uint32Array(rows.length)
  let rank = 0
  for (let row = 0; row < rows.length; row++) {
    ranks[row] = rank
    if (has[rows[row]!]) rank++
  }
  return ranks
}
