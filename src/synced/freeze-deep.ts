import { isPlainObject } from '../codec/inspect.ts'

/**
 * Freezes a decoded value with all that it holds, however deep. False, and nothing is frozen, if it holds something that
 * cannot be: a date, map, set or bytes.
 */
export function freezeDeep(value: unknown): boolean {
  if (!isObject(value)) return true
  // Grows while it is gone through.
  const found: object[] = [value]
  for (const each of found) {
    if (!Array.isArray(each) && !isPlainObject(each)) return false
    for (const part of Array.isArray(each) ? each : Object.values(each)) if (isObject(part)) found.push(part)
  }
  for (const each of found) Object.freeze(each)
  return true
}

/** Whether `value` could be changed by who has it. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
