import { structs } from './schema.ts'

/** A leaf type: its zero as JSON text, which is also what is written where the field may not be left out. */
export interface Leaf {
  readonly kind: 'bool' | 'int' | 'float' | 'string' | 'optbool' | 'raw'
  readonly zero: string
}

/** One field of a struct, in the order in which Go writes it. */
export interface Field {
  readonly name: string
  /** The name as it stands before the value: quoted, with the colon. */
  readonly label: string
  readonly type: Type
  readonly omit: 'omitempty' | 'omitzero' | undefined
}

export interface Struct {
  readonly kind: 'struct'
  readonly name: string
  readonly fields: readonly Field[]
  readonly names: ReadonlySet<string>
}

/** A JSON type of the schema, ready to walk. */
export type Type =
  | Leaf
  | Struct
  | { readonly kind: 'list' | 'pointer'; readonly of: Type }
  | { readonly kind: 'map'; readonly of: Type; readonly keys: 'any' | 'int' }

const zeroKey = '0'.repeat(64)
const leaf = (kind: Leaf['kind'], zero: string): Leaf => ({ kind, zero })

const leaves: ReadonlyMap<string, Leaf> = new Map([
  ['bool', leaf('bool', 'false')],
  ['int', leaf('int', '0')],
  ['float', leaf('float', '0')],
  ['string', leaf('string', '""')],
  ['text', leaf('string', '""')],
  // Base64; Go's nil slice of bytes is null.
  ['bytes', leaf('string', 'null')],
  ['time', leaf('string', '"0001-01-01T00:00:00Z"')],
  ['nodekey', leaf('string', `"nodekey:${zeroKey}"`)],
  ['mkey', leaf('string', `"mkey:${zeroKey}"`)],
  ['discokey', leaf('string', `"discokey:${zeroKey}"`)],
  ['aumhash', leaf('string', `"${'A'.repeat(52)}"`)],
  ['optbool', leaf('optbool', 'null')],
  ['raw', leaf('raw', 'null')],
])

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Reads types in the notation of schema.ts; struct names are looked up in the table given and in schema.ts. */
export class TypeReader {
  readonly #table: Table
  readonly #structs = new Map<string, Struct>()

  constructor(extra: Table = {}) {
    this.#table = { ...structs, ...extra }
  }

  /** The type that `notation` names; throws a TypeError if there is none. */
  read(notation: string): Type {
    if (notation.startsWith('*')) return { kind: 'pointer', of: this.read(notation.slice(1)) }
    if (notation.startsWith('[]')) return { kind: 'list', of: this.read(notation.slice(2)) }
    if (notation.startsWith('map ')) return { kind: 'map', of: this.read(notation.slice(4)), keys: 'any' }
    if (notation.startsWith('intmap ')) return { kind: 'map', of: this.read(notation.slice(7)), keys: 'int' }
    return leaves.get(notation) ?? this.#struct(notation)
  }

  #struct(name: string): Struct {
    const known = this.#structs.get(name)
    if (known !== undefined) return known
    const table = this.#table[name]
    if (table === undefined) throw new TypeError(`Schema has no type ${name}`)
    const fields = Object.entries(table).map(([field, notation]): Field => {
      const [type = '', option] = notation.split(',')
      return {
        name: field,
        label: `${JSON.stringify(field)}:`,
        type: this.read(type),
        omit: option === 'omitempty' || option === 'omitzero' ? option : undefined,
      }
    })
    const struct: Struct = { kind: 'struct', name, fields, names: new Set(fields.map(field => field.name)) }
    this.#structs.set(name, struct)
    return struct
  }
}

/** Whether Go leaves out a field of this value: one that is absent, or that its `omit` option names. */
export function isOmitted(value: unknown, { type, omit }: Field): boolean {
  if (omit === undefined) return false
  if (value === undefined) return true
  switch (type.kind) {
    case 'optbool':
    case 'raw':
      return false
    case 'bool':
      return value === false || value === null
    case 'int':
    case 'float':
      return value === 0 || value === 0n || value === null
    case 'string':
      // Beside the zero of the type, '' and null count: JavaScript code writes them for "not set".
      return value === '' || value === null || JSON.stringify(value) === type.zero
    case 'pointer':
      return value === null
    case 'list':
      return value === null || (omit === 'omitempty' && Array.isArray(value) && value.length === 0)
    case 'map':
      return value === null || (omit === 'omitempty' && typeof value === 'object' && Object.keys(value).length === 0)
    case 'struct':
      return false
  }
}

/** The zero of a type as a fresh value, as Go has it for a field that a record does not have. */
export function zeroOf(type: Type): unknown {
  switch (type.kind) {
    case 'pointer':
    case 'list':
    case 'map':
      return null
    case 'struct':
      return Object.fromEntries(
        type.fields.filter(field => field.omit === undefined).map(field => [field.name, zeroOf(field.type)]),
      )
    default:
      return JSON.parse(type.zero)
  }
}

/** Whether `key` is the text of an integer as Go writes it as a map key. */
export function isIntKey(key: string): boolean {
  return /^(?:0|-?[1-9]\d{0,18})$/.test(key)
}
