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

/** The template with these members, or undefined if a key occurs twice. */
export function recordTemplate(members: readonly string[]): RecordTemplate | undefined {
  const text = `{${members.join(',')}}`
  const known = cache.get(text)
  if (known !== undefined) return known
  // JSON.parse lays objects out like literals, however many keys there are, and makes `__proto__` an own property where
  // that is a key: copies can be filled by plain assignment.
  const template: Record<string, unknown> = JSON.parse(text)
  const keys = Object.keys(template)
  if (keys.length !== members.length) return undefined
  const made = { template, keys: inOrder(keys, members) }
  if (text.length > maxCachedLength) return made
  if (cache.size >= maxCached) cache.clear()
  cache.set(text, made)
  return made
}

// Keys that look like indexes come first in an object, wherever they stood.
function inOrder(keys: readonly string[], members: readonly string[]): string[] {
  const byMember = new Map(keys.map(key => [templateMember(key), key]))
  return members.map(member => byMember.get(member)!)
}
