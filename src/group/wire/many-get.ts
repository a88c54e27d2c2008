import { ByteWriter } from '../../bytes/byte-writer.ts'
import { utf8Encode } from '../../bytes/utf8.ts'
import { entryFromWire } from '../entry.ts'
import type { PeerAnswer } from '../peer-service.ts'
import { FieldReader, fieldRoom, wireType, writeBytes, writeInt64 } from './protobuf.ts'
import { decodeText } from './text.ts'

// Our own extension, docs/PROTOCOL.md, "Many keys at once".

/** The most keys of one request: who has more makes more requests. */
export const maxManyKeys = 10_000

/** From this sum of bytes on, an answer leaves out the rest, which is then asked for key by key. */
export const maxManyBytes: number = 16 * 1024 * 1024

const statusOf = { value: 200, notFound: 404, loadFailed: 503 } as const
const leftOut = 413

/** The body of a request for many keys. */
export function encodeManyRequest(keys: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(keys.reduce((sum, key) => sum + fieldRoom(key.byteLength), 0))
  for (const key of keys) writeBytes(writer, 1, key)
  return writer.written()
}

/** The keys of a request for many. Throws `CORRUPT`, also for more than {@link maxManyKeys}. */
export function decodeManyRequest(bytes: Uint8Array): Uint8Array[] {
  const keys: Uint8Array[] = []
  new FieldReader(bytes, 'a request for many keys').each((number, type, fields) => {
    if (number !== 1 || type !== wireType.bytes) return false
    if (keys.length === maxManyKeys) throw fields.corrupt(`found more than ${maxManyKeys} keys`)
    keys.push(new Uint8Array(fields.bytes()))
    return true
  })
  return keys
}

/** The body of the answer for many keys, in their order. What would take it past `maxBytes` is left out. */
export function encodeManyResponse(answers: readonly PeerAnswer[], maxBytes: number = maxManyBytes): Uint8Array {
  const writer = new ByteWriter(1024)
  for (const answer of answers) {
    const body = encodeAnswer(answer)
    const isFull = writer.byteLength + body.byteLength > maxBytes
    writeBytes(writer, 1, isFull ? encodeStatus(leftOut) : body)
  }
  return writer.written()
}

/**
 * The `count` answers in the body of an answer for many keys; `undefined` for one that was left out, and has to be asked
 * for alone. Throws `CORRUPT`, also for another number of answers. The values are copies.
 */
export function decodeManyResponse(bytes: Uint8Array, count: number): (PeerAnswer | undefined)[] {
  const answers: (PeerAnswer | undefined)[] = []
  const all = new FieldReader(bytes, 'the answer for many keys')
  all.each((number, type, fields) => {
    if (number !== 1 || type !== wireType.bytes) return false
    if (answers.length === count) throw fields.corrupt(`wanted ${count} answers, found more`)
    answers.push(decodeAnswer(fields.bytes()))
    return true
  })
  if (answers.length !== count) throw all.corrupt(`wanted ${count} answers, found ${answers.length}`)
  return answers
}

function encodeAnswer(answer: PeerAnswer): Uint8Array {
  if (answer.kind !== 'value') return encodeStatus(statusOf[answer.kind], utf8Encode(answer.message))
  const { value, expireNs } = answer.entry
  const writer = new ByteWriter(fieldRoom(value.byteLength) + 11)
  writeBytes(writer, 1, value)
  writeInt64(writer, 3, expireNs)
  return writer.written()
}

function encodeStatus(status: number, message?: Uint8Array): Uint8Array {
  const writer = new ByteWriter(fieldRoom(message?.byteLength ?? 0) + 4)
  writeInt64(writer, 4, BigInt(status))
  if (message !== undefined) writeBytes(writer, 5, message)
  return writer.written()
}

function decodeAnswer(bytes: Uint8Array): PeerAnswer | undefined {
  let value = new Uint8Array()
  let expireNs = 0n
  let status: number = statusOf.value
  let message = value
  const answer = new FieldReader(bytes, 'one of many answers')
  answer.each((number, type, fields) => {
    if (number === 1 && type === wireType.bytes) value = new Uint8Array(fields.bytes())
    else if (number === 3 && type === wireType.varint) expireNs = fields.int64()
    else if (number === 4 && type === wireType.varint) status = fields.uint()
    else if (number === 5 && type === wireType.bytes) message = new Uint8Array(fields.bytes())
    else return false
    return true
  })
  if (status === statusOf.value) return { kind: 'value', entry: entryFromWire(value, expireNs) }
  if (status === statusOf.notFound) return { kind: 'notFound', message: decodeText(message) }
  if (status === statusOf.loadFailed) return { kind: 'loadFailed', message: decodeText(message) }
  if (status === leftOut) return undefined
  throw answer.corrupt(`found the unknown status ${status}`)
}
