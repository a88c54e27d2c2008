import { isWellFormed, utf8Length } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'
import type { StoreOperation } from '../store/store.ts'
import { abortedBy } from './abortable.ts'

/** Whether a well-formed `key` is of 1 to `maxBytes` bytes of UTF-8: what a database holds that others use too may be longer. */
export function isKeySize(key: string, maxBytes = 1024): boolean {
  return key !== '' && (key.length <= maxBytes / 3 || utf8Length(key) <= maxBytes)
}

/** Throws `INVALID_KEY` unless `key` is a string of 1 to `maxBytes` bytes of UTF-8 without lone surrogates. */
export function checkKey(key: string, maxBytes = 1024): void {
  if (typeof key !== 'string') throw new TypeError(`Key must be a string, received ${typeof key}`)
  if (key === '') throw new CacheError('INVALID_KEY', 'Key must not be empty')
  checkPrefix(key)
  if (!isKeySize(key, maxBytes)) {
    throw new CacheError('INVALID_KEY', `Key is ${utf8Length(key)} bytes of UTF-8, the limit is ${maxBytes}`)
  }
}

/** Throws unless `prefix` is a string without lone surrogates; the empty prefix is fine. */
export function checkPrefix(prefix: string): void {
  if (typeof prefix !== 'string') throw new TypeError(`Prefix must be a string, received ${typeof prefix}`)
  if (!isWellFormed(prefix)) throw new CacheError('INVALID_KEY', 'Key holds a lone surrogate')
}

/** Throws a TypeError unless `value` is bytes. */
export function checkBytes(value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) {
    throw new TypeError(`Value must be a Uint8Array, received ${value === null ? 'null' : typeof value}`)
  }
}

/** Throws unless `operation` is a store or remove with a good key and bytes. (`put` and `del` are abstract-level's.) */
export function checkOperation(operation: StoreOperation): void {
  checkOneOf('type', operation.type, ['store', 'remove'])
  checkKey(operation.key)
  if (operation.type === 'store') checkBytes(operation.value)
}

/** Throws `ABORTED` with the signal's reason as cause if `signal` is aborted. */
export function checkSignal(signal: Pick<AbortSignal, 'aborted' | 'reason'> | undefined): void {
  if (signal?.aborted) throw abortedBy(signal)
}

/** Throws a RangeError unless `value` is an integer of at least `min`. */
export function checkInteger(name: string, value: number, min: number): void {
  if (typeof value !== 'number') throw new TypeError(`Option ${name} must be a number, received ${typeof value}`)
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`Option ${name} must be an integer of at least ${min}, received ${value}`)
  }
}

/** Throws a TypeError unless `value` is one of `allowed`. */
export function checkOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new TypeError(`Option ${name} must be one of ${allowed.join(', ')}, received ${String(value)}`)
  }
}

/** Throws a TypeError unless `value` is a boolean. */
export function checkBoolean(name: string, value: boolean): void {
  if (typeof value !== 'boolean') throw new TypeError(`Option ${name} must be a boolean, received ${typeof value}`)
}

/** Throws a TypeError unless `value` is a function. */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`Option ${name} must be a function, received ${typeof value}`)
}

/** Throws a TypeError for an option name that is not known, so that a typing slip does not pass as a default. */
export function checkOptionNames(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('Options must be an object')
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`Unknown option ${name}; the options are ${known.join(', ')}`)
  }
}
