import { copyAny, nextRecordCopier, type RecordCopier } from './next-record-copier.ts'
import { type Fields, nullColumn, type ShapeTemplate } from './page-columns.ts'

interface RecordTemplate {
  /** Has nulls as values. */
  readonly template: Readonly<Record<string, unknown>>
  readonly keys: readonly string[]
  /** `undefined` as long as it was worth no place of its own. */
  copy: RecordCopier | undefined
}

const maxCached = 1024
const maxCachedLength = 4096
// By JSON text. Pages of one column have mostly the same shapes, and a template costs as much as dozens of its copies.
const cache = new Map<string, RecordTemplate>()

/** The template of the shape with these `members`, indexes of `fields`. */
export function shapeTemplate(members: readonly number[], fields: Fields, isFrequent: boolean): ShapeTemplate {
  const { template, keys, copy } = recordTemplate(
    members.map(key => fields.names[key]!),
    isFrequent,
  )
  // What is null in all objects is there already.
  const varying = members.flatMap((key, i) => (fields.columns[key] === nullColumn ? [] : [i]))
  return {
    template,
    copy: copy ?? copyAny,
    keys: varying.map(i => keys[i]!),
    columns: varying.map(i => fields.columns[members[i]!]!),
  }
}

function recordTemplate(wanted: readonly string[], isFrequent: boolean): RecordTemplate {
  const text = `{${wanted.map(key => `${JSON.stringify(key)}:null`).join(',')}}`
  let made = cache.get(text)
  if (made === undefined) {
    made = makeTemplate(text, wanted)
    if (text.length > maxCachedLength) return made
    if (cache.size >= maxCached) cache.clear()
    cache.set(text, made)
  }
  if (isFrequent) made.copy ??= nextRecordCopier()
  return made
}

// JSON.parse lays objects out like literals, however many keys there are, and makes `__proto__` an own property where that is
// a key: copies can be filled by plain assignment.
function makeTemplate(text: string, wanted: readonly string[]): RecordTemplate {
  const template: Record<string, unknown> = JSON.parse(text)
  return { template, keys: inOrder(Object.keys(template), wanted), copy: undefined }
}

// The template's own strings, by which a copy is filled the fastest. Keys that look like indexes come first in an object,
// wherever they stood.
function inOrder(keys: readonly string[], wanted: readonly string[]): readonly string[] {
  if (keys.every((key, i) => key === wanted[i])) return keys
  const own = new Map(keys.map(key => [key, key]))
  return wanted.map(key => own.get(key)!)
}
