/** An object with the keys of a shape and nulls as values, and the keys as the engine knows them. Not to be changed. */
export interface RecordTemplate {
  readonly template: Readonly<Record<string, unknown>>
  readonly keys: readonly string[]
}

const maxCached = 1024
const maxCachedLength = 4096
// By JSON text. Pages of one column have mostly the same shapes, and a template costs as much as dozens of its copies.
const cache = new Map<string, RecordTemplate>()

/** A member of an object as JSON text, for {@link recordTemplate}. */
export function templateMember(key: string): string {
  return `${JSON.stringify(key)}:null`
}

/** Keys of objects, each also as a {@link templateMember}. */
export interface TemplateKeys {
  readonly names: readonly string[]
  readonly members: readonly string[]
}

/** The template of the keys that `shape` gives by index, or undefined if a key occurs twice. */
export function recordTemplate(shape: readonly number[], { names, members }: TemplateKeys): RecordTemplate | undefined {
  const text = `{${shape.map(key => members[key]!).join(',')}}`
  const known = cache.get(text)
  if (known !== undefined) return known
  // JSON.parse lays objects out like literals, however many keys there are, and makes `__proto__` an own property where
  // that is a key: copies can be filled by plain assignment.
  const template: Record<string, unknown> = JSON.parse(text)
  const keys = Object.keys(template)
  if (keys.length !== shape.length) return undefined
  const wanted = shape.map(key => names[key]!)
  const made = { template, keys: inOrder(keys, wanted) }
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
