import { compareUtf8 } from '../bytes/utf8.ts'
import { JsonWriter } from '../codec/json-writer.ts'
import { isIntKey, isOmitted, type Struct, type Type, zeroOf } from './schema-types.ts'

/**
 * `value` as the JSON that Go writes for its type: struct fields in declaration order, fields the schema does not know
 * after them, map keys in the order of their bytes. Throws `UNSUPPORTED_VALUE` with the path below `root` for a value
 * that does not fit its type.
 */
export function encodeTyped(value: unknown, type: Type, root: string): string {
  return new TypedWriter(root).typed(value, type)
}

const minInt64 = -(2n ** 63n)
// Go has unsigned integers among them, too.
const maxUint64 = 2n ** 64n - 1n

class TypedWriter extends JsonWriter {
  typed(value: unknown, type: Type): string {
    if (value === undefined) return this.typed(zeroOf(type), type)
    switch (type.kind) {
      case 'raw':
        return this.any(value)
      case 'pointer':
        return value === null ? 'null' : this.typed(value, type.of)
      case 'list':
        if (value === null) return 'null'
        if (!Array.isArray(value)) return this.#mismatch(value, 'an array')
        // Raw elements go through the untyped writer, which knows remembered spellings.
        return type.of.kind === 'raw' ? this.any(value) : this.list(value, element => this.typed(element, type.of))
      case 'map':
        return value === null ? 'null' : this.#map(value, type)
      case 'struct':
        return this.#struct(value, type)
      case 'optbool':
        if (value === null || typeof value === 'boolean') return String(value)
        return this.#mismatch(value, 'true, false or null')
      case 'bool':
        if (value === null) return 'false'
        return typeof value === 'boolean' ? String(value) : this.#mismatch(value, 'a boolean')
      case 'int':
        return this.#int(value ?? 0)
      case 'float':
        if (typeof (value ?? 0) !== 'number') return this.#mismatch(value, 'a number')
        return this.number(Number(value ?? 0))
      case 'string':
        if (value === null) return type.zero
        return typeof value === 'string' ? this.string(value) : this.#mismatch(value, 'a string')
    }
  }

  #int(value: unknown): string {
    if (typeof value === 'bigint') {
      return value >= minInt64 && value <= maxUint64 ? String(value) : this.refuse(`is ${value}, beyond 64 bits`)
    }
    if (typeof value !== 'number' || !Number.isInteger(value)) return this.#mismatch(value, 'an integer')
    // The digits that were meant are lost already; better to say so than to write others.
    if (!Number.isSafeInteger(value)) this.refuse(`is ${value}, an integer beyond 2^53 - 1 that must be a bigint`)
    return String(value)
  }

  #map(value: unknown, { of, keys: keyType }: Type & { readonly kind: 'map' }): string {
    if (!this.isPlainObject(value)) return this.#mismatch(value, 'an object')
    const keys = Object.keys(value).filter(key => value[key] !== undefined)
    if (keyType === 'int' && !keys.every(isIntKey)) this.refuse('has a key that is no integer')
    let text = ''
    for (const key of keys.sort(compareUtf8)) {
      this.enter(key)
      text += `,${this.string(key)}:${this.typed(value[key], of)}`
      this.leave()
    }
    return `{${text.slice(1)}}`
  }

  #struct(value: unknown, struct: Struct): string {
    if (!this.isPlainObject(value)) return this.#mismatch(value, `an object (${struct.name})`)
    let text = ''
    for (const field of struct.fields) {
      const member = value[field.name]
      if (isOmitted(member, field)) continue
      this.enter(field.name)
      text += `,${field.label}${this.typed(member, field.type)}`
      this.leave()
    }
    for (const name of Object.keys(value)) {
      const member = value[name]
      if (struct.names.has(name) || member === undefined) continue
      this.enter(name)
      text += `,${this.string(name)}:${this.any(member)}`
      this.leave()
    }
    return `{${text.slice(1)}}`
  }

  #mismatch(value: unknown, wanted: string): never {
    const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
    return this.refuse(`is ${typeof value === 'number' ? value : found}, wanted ${wanted}`)
  }
}
