import { cborTags, typedArrayTags } from './cbor-format.ts'

const plainBytesTag = 64
const prototypeTags = new Map<unknown, number>([...typedArrayTags].map(([tag, type]) => [type.prototype, tag]))
prototypeTags.set(ArrayBuffer.prototype, cborTags.arrayBuffer)
prototypeTags.set(DataView.prototype, cborTags.dataView)
// Node's Buffer is a Uint8Array with more methods; as data it is nothing else.
const bufferClass: unknown = Reflect.get(globalThis, 'Buffer')
if (typeof bufferClass === 'function') prototypeTags.set(bufferClass.prototype, plainBytesTag)

/** The bytes behind a binary value (borrowed) and the CBOR tag that names its class. */
export interface BinaryValue {
  readonly tag: number
  readonly bytes: Uint8Array
}

/** What is behind a typed array, `DataView` or `ArrayBuffer` of this realm in memory that is not shared; else undefined. */
export function binaryValue(value: object): BinaryValue | undefined {
  const tag = prototypeTags.get(Object.getPrototypeOf(value))
  if (tag === undefined) return undefined
  if (value instanceof ArrayBuffer) return { tag, bytes: new Uint8Array(value) }
  if (!ArrayBuffer.isView(value) || !(value.buffer instanceof ArrayBuffer)) return undefined
  return { tag, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) }
}
