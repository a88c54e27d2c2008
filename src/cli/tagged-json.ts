/// <reference types="node" />
import { binaryValue } from '../codec/binary-value.ts'
import { toLittleEndian, typedArrayTags } from '../codec/cbor-format.ts'
import { ExactNumber } from '../codec/exact-number.ts'
import { setOwn } from '../codec/set-own.ts'
import { CacheError } from '../errors.ts'

// What JSON cannot carry is `{ "$type": ..., ... }`, docs/cli.md has the table. An object that has a field of that name
// itself is written as its entries, so that nothing is taken for what it is not.
const typeName = '$type'

const binaryClasses: ReadonlyMap<string, { readonly size: number; make(bytes: ArrayBuffer): unknown }> = new Map([
  ...[...typedArrayTags.values()].map(type => {
    const make = (bytes: ArrayBuffer): unknown => new type(bytes)
    return [type.name, { size: type.BYTES_PER_ELEMENT, make }] as const
  }),
  ['ArrayBuffer', { size: 1, make: (bytes: ArrayBuffer): unknown => bytes }],
  ['DataView', { size: 1, make: (bytes: ArrayBuffer): unknown => new DataView(bytes) }],
])

/** A value that JSON carries, of any value that a codec keeps; {@link fromTagged} undoes it exactly. */
export function toTagged(value: unknown): unknown {
  if (typeof value === 'number') {
    const isPlain = Number.isFinite(value) && !Object.is(value, -0)
    return isPlain ? value : { [typeName]: 'number', value: Object.is(value, -0) ? '-0' : String(value) }
  }
  if (value === undefined) return { [typeName]: 'undefined' }
  if (typeof value === 'bigint') return { [typeName]: 'bigint', value: String(value) }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toTagged)
  if (value instanceof Date) return { [typeName]: 'Date', value: value.toISOString() }
  if (value instanceof Map) return { [typeName]: 'Map', value: [...value].map(pair => pair.map(toTagged)) }
  if (value instanceof Set) return { [typeName]: 'Set', value: [...value].map(toTagged) }
  if (value instanceof ExactNumber) return { [typeName]: 'ExactNumber', value: value.text }
  const binary = binaryValue(value)
  if (binary !== undefined) return taggedBytes(value, binary.bytes)
  const pairs = Object.entries(value).map(([key, each]) => [key, toTagged(each)] as const)
  return Object.hasOwn(value, typeName) ? { [typeName]: 'Object', value: pairs } : Object.fromEntries(pairs)
}

function taggedBytes(value: object, bytes: Uint8Array): object {
  const type = Object.prototype.toString.call(value).slice('[object '.length, -1)
  const { buffer, byteOffset, byteLength } = toLittleEndian(bytes, binaryClasses.get(type)!.size)
  return { [typeName]: type, base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }
}

/** The value that {@link toTagged} was given. Throws `CORRUPT` for a tag that it does not write. */
export function fromTagged(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(fromTagged)
  const fields = json as Readonly<Record<string, unknown>>
  if (Object.hasOwn(json, typeName)) return untagged(fields)
  const object: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) setOwn(object, key, fromTagged(value))
  return object
}

function untagged({ [typeName]: type, value, base64 }: Readonly<Record<string, unknown>>): unknown {
  const binary = typeof type === 'string' ? binaryClasses.get(type) : undefined
  try {
    if (binary !== undefined && typeof base64 === 'string') return binary.make(bufferOf(base64, binary.size))
    if (type === 'undefined') return undefined
    if (Array.isArray(value)) return untaggedList(type, value)
    if (typeof value === 'string') return untaggedText(type, value)
  } catch (cause) {
    throw new CacheError('CORRUPT', `Cannot read a value of ${typeName} ${String(type)}`, { cause })
  }
  return unknownTag(type)
}

function untaggedText(type: unknown, text: string): unknown {
  if (type === 'number' && ['NaN', 'Infinity', '-Infinity', '-0'].includes(text)) return Number(text)
  if (type === 'bigint' && /^-?\d+$/.test(text)) return BigInt(text)
  if (type === 'ExactNumber') return new ExactNumber(text)
  const date = new Date(text)
  if (type === 'Date' && !Number.isNaN(date.getTime())) return date
  return unknownTag(type)
}

function untaggedList(type: unknown, list: readonly unknown[]): unknown {
  if (type === 'Set') return new Set(list.map(fromTagged))
  if (type === 'Map') return new Map(list.map(pair => pairOf(pair, type)))
  if (type !== 'Object') return unknownTag(type)
  const object: Record<string, unknown> = {}
  for (const pair of list) {
    const [key, value] = pairOf(pair, type)
    if (typeof key !== 'string') return unknownTag(type)
    setOwn(object, key, value)
  }
  return object
}

function pairOf(pair: unknown, type: unknown): [unknown, unknown] {
  if (!Array.isArray(pair) || pair.length !== 2) return unknownTag(type)
  return [fromTagged(pair[0]), fromTagged(pair[1])]
}

function bufferOf(base64: string, size: number): ArrayBuffer {
  // A copy: a Buffer is a part of memory that it shares.
  return toLittleEndian(new Uint8Array(Buffer.from(base64, 'base64')), size).buffer as ArrayBuffer
}

function unknownTag(type: unknown): never {
  throw new CacheError(
    'CORRUPT',
    `Cannot read a value: its ${typeName} is ${String(type)}, or what follows is not its form`,
  )
}
