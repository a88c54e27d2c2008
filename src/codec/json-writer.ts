import { isWellFormed } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'
import { ExactNumber, numberToText } from './exact-number.ts'
import { maxDepth } from './parse-exact.ts'
import { escapeHtml, quote } from './quote.ts'
import { spellingOf } from './spelling.ts'

// What JSON.stringify alone would not write as Go does, or would not keep.
const special = /[<>&\u2028\u2029\ud800-\udfff]/

/** Writes JSON as Go does, and knows the path of the value it is at, for the message when one cannot be written. */
export class JsonWriter {
  readonly #path: (string | number)[]

  /** `root` names the whole value in messages. */
  constructor(root: string) {
    this.#path = [root]
  }

  /** Goes down to a member or element of the value; {@link leave} goes back. */
  enter(step: string | number): void {
    this.#path.push(step)
    if (this.#path.length > maxDepth + 1) this.refuse(`is nested deeper than ${maxDepth} levels, or in itself`)
  }

  leave(): void {
    this.#path.pop()
  }

  /** Any JSON value, keys in the order they have. */
  any(value: unknown): string {
    switch (typeof value) {
      case 'string':
        return this.string(value)
      case 'number':
        return this.number(value)
      case 'bigint':
        return String(value)
      case 'boolean':
        return String(value)
      case 'object':
        if (value === null) return 'null'
        if (value instanceof ExactNumber) return value.text
        if (Array.isArray(value)) return this.list(value, (element, i) => this.#element(value, element, i))
        return this.#object(value)
      default:
        return this.refuse(`is ${typeof value}, which JSON does not have`)
    }
  }

  string(value: string): string {
    if (!special.test(value)) return JSON.stringify(value)
    if (!isWellFormed(value)) this.refuse('holds a lone surrogate, which UTF-8 does not have')
    return quote(value)
  }

  number(value: number): string {
    if (!Number.isFinite(value)) this.refuse(`is ${value}, which JSON does not have`)
    return numberToText(value)
  }

  list(values: readonly unknown[], write: (value: unknown, index: number) => string): string {
    let text = ''
    // Not map(): it skips holes.
    for (let i = 0; i < values.length; i++) {
      this.enter(i)
      text += `,${write(values[i], i)}`
      this.leave()
    }
    return `[${text.slice(1)}]`
  }

  /** An object of these names in this order; members that are `undefined` are left out. */
  members(names: readonly string[], memberOf: (name: string) => unknown): string {
    let text = ''
    for (const name of names) {
      const member = memberOf(name)
      if (member === undefined) continue
      this.enter(name)
      text += `,${this.string(name)}:${this.any(member)}`
      this.leave()
    }
    return `{${text.slice(1)}}`
  }

  /** Whether `value` is an object of plain data; class instances have no JSON form that could be read back. */
  isPlainObject(value: unknown): value is Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const prototype: unknown = Object.getPrototypeOf(value)
    return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
  }

  /** Throws `UNSUPPORTED_VALUE` for the value at the current path. */
  refuse(why: string): never {
    const [root = '', ...steps] = this.#path
    const path = steps.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
    throw new CacheError('UNSUPPORTED_VALUE', `Cannot store ${root}${path}: it ${why}`)
  }

  #element(array: readonly unknown[], element: unknown, index: number): string {
    const text = spellingOf(array, index)
    return text === undefined ? this.any(element) : escapeHtml(text)
  }

  #object(value: object): string {
    if (!this.isPlainObject(value)) this.refuse(`is a ${value.constructor?.name ?? 'class instance'}, not plain data`)
    return this.members(Object.keys(value), name => value[name])
  }
}

/**
 * `value` as compact JSON the way Go's encoding/json writes it, the inverse of `parseExact`: `bigint` and
 * `ExactNumber` with all their digits, `<`, `>`, `&`, U+2028 and U+2029 escaped, keys in the order they have.
 * Throws `UNSUPPORTED_VALUE` with the path of a value that JSON does not have.
 */
export function stringifyExact(value: unknown): string {
  return new JsonWriter('the value').any(value)
}
