const objectPrototype: unknown = Object.prototype

/** Whether `value` is an object whose class says no more than "an object": made by a literal, or without prototype. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === objectPrototype || prototype === null) return true
  // An object of another realm (an iframe, a vm context) has that realm's Object.prototype.
  return (
    typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, '__proto__')
  )
}

/** What `object` (a plain one with the enumerable `keys`) has that no codec keeps, or undefined if nothing. */
export function findObjectProblem(object: object, keys: readonly string[]): string | undefined {
  if (Object.getOwnPropertyNames(object).length !== keys.length) return 'a non-enumerable property'
  if (Object.getOwnPropertySymbols(object).length > 0) return 'a symbol key'
  return undefined
}

/**
 * Whether `object` has nothing but `count` enumerable keys, as `for in` gave them, of which `last` was the last one. (`for in`
 * gives inherited keys too, behind the object's own: then the last one is not among the names.)
 */
export function hasOnlyKeys(object: object, count: number, last: string): boolean {
  const names = Object.getOwnPropertyNames(object)
  if (names.length !== count || (count > 0 && names[count - 1] !== last)) return false
  return Object.getOwnPropertySymbols(object).length === 0
}

/** What `array` has that no codec keeps, or undefined if nothing. */
export function findArrayProblem(array: readonly unknown[]): string | undefined {
  for (let i = 0; i < array.length; i++) {
    if (array[i] === undefined && !(i in array)) return 'an array with holes'
  }
  if (Object.keys(array).length !== array.length) return 'an array with named properties'
  if (Object.getOwnPropertySymbols(array).length > 0) return 'a symbol key'
  if (Object.getPrototypeOf(array) !== Array.prototype) return describe(array)
  return undefined
}

/** Whether the property is computed by a getter (or only has a setter). */
export function isAccessor(object: object, key: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(object, key)
  return descriptor !== undefined && !('value' in descriptor)
}

/** Names a value for a message: `a function`, `an instance of Socket`. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'undefined') return 'undefined'
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  const made: unknown = value.constructor
  return typeof made === 'function' && made.name !== '' ? `an instance of ${made.name}` : 'an instance of a class'
}

/** What one finds where nesting goes past the limit: a cycle never ends either. */
export const tooDeep = 'nesting deeper than 256 levels, or a cycle'
