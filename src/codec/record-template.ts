import { nextRecordCopier, type RecordCopier } from './next-record-copier.ts'
import type { Column, ShapeKeys, ShapeTemplate } from './page-columns.ts'

/** An object with the keys of a shape and nulls as values, the keys as the engine knows them, and what copies the object. */
interface RecordTemplate {
  readonly template: Readonly<Record<string, unknown>>
  readonly keys: readonly string[]
  readonly copy: RecordCopier
}

/** The keys of a column of objects, the column of each, and whether that gives nothing but nulls. */
export interface Fields {
  readonly names: readonly string[]
  readonly columns: readonly Column[]
  readonly isNull: readonly boolean[]
}

const maxCached = 1024
const maxCachedLength = 4096
// By JSON text. Pages of one column have mostly the same shapes, and a template costs as much as dozens of its copies.
const cache = new Map<string, RecordTemplate>()

/** Whether a shape that `count` of `rows` objects have is copied from a template, and not made key by key. */
export function isWorthTemplate(count: number, rows: number): boolean {
  return count >= 16 && count * 32 >= rows
}

/** The template of a shape. What is null in all objects of it is there already, and is not filled in. */
export function shapeTemplate({ starts, keys }: ShapeKeys, shape: number, fields: Fields): ShapeTemplate {
  const members = keys.slice(starts[shape], starts[shape + 1])
  const made = recordTemplate(members.map(key => fields.names[key]!))
  const varying = members.flatMap((key, i) => (fields.isNull[key]! ? [] : [i]))
  return {
    template: made.template,
    copy: made.copy,
    keys: varying.map(i => made.keys[i]!),
    columns: varying.map(i => fields.columns[members[i]!]!),
  }
}

function recordTemplate(wanted: readonly string[]): RecordTemplate {
  const text = `{${wanted.map(key => `${JSON.stringify(key)}:null`).join(',')}}`
  const known = cache.get(text)
  if (known !== undefined) return known
  // JSON.parse lays objects out like literals, however many keys there are, and makes `__proto__` an own property where
  // that is a key: copies can be filled by plain assignment.
  const template: Record<string, unknown> = JSON.parse(text)
  const made = { template, keys: inOrder(Object.keys(template), wanted), copy: nextRecordCopier() }
  if (text.length > maxCachedLength) return made
  if (cache.size >= maxCached) cache.clear()
  cache.set(text, made)
  return made
}

// The template's own strings, by which a copy is filled the fastest. Keys that look like indexes come first in an object,
// wherever they stood.
function inOrder(keys: readonly string[], wanted: readonly string[]): readonly string[] {
  if (keys.every((key, i) => key === wanted[i])) return keys
  const own = new Map(keys.map(key => [key, key]))
  return wanted.map(key => own.get(key)!)
}
