import { ByteWriter } from '../../bytes/byte-writer.ts'
import { utf8Encode } from '../../bytes/utf8.ts'
import { type Entry, entryFromWire } from '../entry.ts'
import { FieldReader, fieldRoom, wireType, writeBytes, writeInt64 } from './protobuf.ts'

// The messages of groupcache's HTTP transport, byte for byte: docs/PROTOCOL.md, "Messages".

const noBytes = new Uint8Array()
const int64Room = 11

/** The body of the answer to a GET. */
export function encodeGetResponse(entry: Entry): Uint8Array {
  const writer = new ByteWriter(fieldRoom(entry.value.byteLength) + int64Room)
  writeBytes(writer, 1, entry.value)
  writeInt64(writer, 3, entry.expireNs)
  return writer.written()
}

/** The entry in the body of an answer to a GET. Throws `CORRUPT`. Its value may be a view of `bytes`. */
export function decodeGetResponse(bytes: Uint8Array): Entry {
  let value: Uint8Array = noBytes
  let expireNs = 0n
  new FieldReader(bytes, 'the answer to a get').each((number, type, fields) => {
    if (number === 1 && type === wireType.bytes) value = fields.bytes()
    else if (number === 3 && type === wireType.varint) expireNs = fields.int64()
    else return false
    return true
  })
  return entryFromWire(withoutSurroundings(value), expireNs)
}

/** The body of a PUT. */
export function encodeSetRequest(group: string, key: Uint8Array, entry: Entry): Uint8Array {
  const name = utf8Encode(group)
  const lengths = [name, key, entry.value].map(bytes => fieldRoom(bytes.byteLength))
  const writer = new ByteWriter(lengths.reduce((sum, length) => sum + length, int64Room))
  writeBytes(writer, 1, name)
  writeBytes(writer, 2, key)
  writeBytes(writer, 3, entry.value)
  writeInt64(writer, 4, entry.expireNs)
  return writer.written()
}

/** What the body of a PUT says. Its bytes may be views of that. */
export interface SetRequest {
  /** The bytes of the group's name; the URL's decides. */
  readonly group: Uint8Array
  readonly key: Uint8Array
  readonly entry: Entry
}

/** Reads the body of a PUT. Throws `CORRUPT`, also without a group or key. */
export function decodeSetRequest(bytes: Uint8Array): SetRequest {
  const parts: (Uint8Array | undefined)[] = []
  let expireNs = 0n
  const fields = new FieldReader(bytes, 'the body of a set')
  fields.each((number, type) => {
    if (number <= 3 && type === wireType.bytes) parts[number] = fields.bytes()
    else if (number === 4 && type === wireType.varint) expireNs = fields.int64()
    else return false
    return true
  })
  const [, group, key, value = noBytes] = parts
  if (group === undefined) throw fields.corrupt('the required field group is not set')
  if (key === undefined) throw fields.corrupt('the required field key is not set')
  return { group, key: withoutSurroundings(key), entry: entryFromWire(withoutSurroundings(value), expireNs) }
}

/** `bytes`, or a copy where a view would keep much more memory alive than it shows. */
export function withoutSurroundings(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.byteLength + 64 ? new Uint8Array(bytes) : bytes
}
