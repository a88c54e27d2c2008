import { inspect as inspectDeep, isDeepStrictEqual } from 'node:util'

/** Exact equality; a property named constructor or __proto__ confuses expect(). */
export function expectSame(found: unknown, wanted: unknown, note = ''): void {
  if (!isDeepStrictEqual(found, wanted)) throw new Error(`${note} found ${inspect(found)}, wanted ${inspect(wanted)}`)
}

function inspect(value: unknown): string {
  return inspectDeep(value, { depth: 8, maxArrayLength: 100, breakLength: 200 })
}

/** Equal, with the order of entries and keys in all columns, but not of the columns themselves. */
export function isSameInOrder(names: readonly string[], a: object, b: object): boolean {
  return isDeepStrictEqual(sorted(names, a), sorted(names, b))
}

function sorted(names: readonly string[], state: object): unknown {
  return names.map(name => [Object.hasOwn(state, name), ordered(Reflect.get(state, name))])
}

function ordered(value: unknown): unknown {
  if (value instanceof Map) return ['map', [...value].map(([key, item]) => [key, ordered(item)])]
  if (value instanceof Set) return ['set', [...value].map(ordered)]
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value
  return ['object', Object.keys(value).map(key => [key, ordered((value as Record<string, unknown>)[key])])]
}
