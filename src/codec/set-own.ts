/**
 * Sets a property of `object` itself. Plain assignment would run the setter of an inherited one (`__proto__` has one), and
 * fail if that cannot be written.
 */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key in object) {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[key] = value
  }
}
