import { ByteReader } from '../../bytes/byte-reader.ts'
import { concatenate } from '../../bytes/concatenate.ts'
import { utf8Encode } from '../../bytes/utf8.ts'
import { type Entry, entryFromWire } from '../entry.ts'
import type { PeerAnswer } from '../peer-service.ts'
import { withoutSurroundings } from '../wire/messages.ts'
import { decodeText } from '../wire/text.ts'

/** The first byte of a frame: below 16 what a client sends, from there on what a server does. */
export const frameKind = { get: 1, set: 2, remove: 3, cancel: 4, answers: 16, done: 17, failed: 18 } as const

/** Bytes of a frame before its payload, the length field not among them: kind and call. */
export const frameHeadBytes = 5

const noBytes = new Uint8Array()
const lengthBytes = 4
const payloadAt = lengthBytes + frameHeadBytes
const answerKinds = ['value', 'notFound', 'loadFailed'] as const
// An answer that would make the frame too large: its key is to be asked for alone.
const leftOut = answerKinds.length
const answerHeadBytes = 13

/** Most keys of one frame, so that its bytes cannot become a large number of objects. */
export const maxKeys = 65_536

/** A frame that was received: its payload is a reader of bytes that belong to the receiver. */
export interface Frame {
  readonly kind: number
  /** The number that the client gave its call. */
  readonly call: number
  readonly payload: ByteReader
}

/** What a `set` frame says. */
export interface SetCall {
  readonly group: string
  readonly key: Uint8Array
  readonly entry: Entry
}

/** What a `get` or `remove` frame says. */
export interface KeysCall {
  readonly group: string
  readonly keys: readonly Uint8Array[]
}

/** A `get` or `remove` of keys. The frame is whole, its length field first. */
export function encodeKeysCall(
  kind: typeof frameKind.get | typeof frameKind.remove,
  call: number,
  { group, keys }: KeysCall,
): Uint8Array {
  const name = utf8Encode(group)
  let size = 4 + name.byteLength
  for (const key of keys) size += 4 + key.byteLength
  const out = new FrameOut(kind, call, size)
  out.long(name)
  for (const key of keys) out.long(key)
  return out.bytes
}

/** The counterpart of {@link encodeKeysCall}; throws `CORRUPT`. */
export function decodeKeysCall(payload: ByteReader): KeysCall {
  const group = readName(payload)
  const keys: Uint8Array[] = []
  while (payload.remaining > 0 && keys.length <= maxKeys) keys.push(withoutSurroundings(payload.take(payload.u32())))
  if (keys.length === 0 || keys.length > maxKeys) throw payload.corrupt(`wanted 1 to ${maxKeys} keys, found others`)
  return { group, keys }
}

/** A `set`. */
export function encodeSetCall(call: number, { group, key, entry }: SetCall): Uint8Array {
  const name = utf8Encode(group)
  const size = 4 + name.byteLength + 4 + key.byteLength + 8 + entry.value.byteLength
  const out = new FrameOut(frameKind.set, call, size)
  out.long(name)
  out.long(key)
  out.i64(entry.expireNs)
  out.raw(entry.value)
  return out.bytes
}

/** The counterpart of {@link encodeSetCall}; throws `CORRUPT`. */
export function decodeSetCall(payload: ByteReader): SetCall {
  const group = readName(payload)
  const key = withoutSurroundings(payload.take(payload.u32()))
  const expireNs = readI64(payload)
  return { group, key, entry: entryFromWire(withoutSurroundings(payload.take(payload.remaining)), expireNs) }
}

/** A frame without payload: `cancel` or `done`. */
export function encodeEmpty(kind: typeof frameKind.cancel | typeof frameKind.done, call: number): Uint8Array {
  return new FrameOut(kind, call, 0).bytes
}

/** The answers to a `get`, in the order of its keys. Those past `maxBytes` in all are left out. */
export function encodeAnswers(call: number, answers: readonly PeerAnswer[], maxBytes: number): Uint8Array {
  let size = 0
  const parts = answers.map(answer => {
    const body = answer.kind === 'value' ? answer.entry.value : utf8Encode(answer.message)
    const isLeftOut = size + answerHeadBytes + body.byteLength > maxBytes
    size += answerHeadBytes + (isLeftOut ? 0 : body.byteLength)
    return isLeftOut ? undefined : body
  })
  const out = new FrameOut(frameKind.answers, call, size)
  for (const [i, answer] of answers.entries()) {
    const body = parts[i]
    out.u8(body === undefined ? leftOut : answerKinds.indexOf(answer.kind))
    out.i64(answer.kind === 'value' ? answer.entry.expireNs : 0n)
    out.long(body ?? noBytes)
  }
  return out.bytes
}

/** The counterpart of {@link encodeAnswers}; throws `CORRUPT` unless there are exactly `count`. One left out is `undefined`. */
export function decodeAnswers(payload: ByteReader, count: number): (PeerAnswer | undefined)[] {
  const answers: (PeerAnswer | undefined)[] = []
  for (let i = 0; i < count; i++) {
    const number = payload.u8()
    const kind = answerKinds[number]
    const expireNs = readI64(payload)
    const body = payload.take(payload.u32())
    if (number > leftOut) throw payload.corrupt('the kind of an answer is unknown')
    if (kind === undefined) answers.push(undefined)
    else if (kind === 'value') answers.push({ kind, entry: entryFromWire(withoutSurroundings(body), expireNs) })
    else answers.push({ kind, message: decodeText(body) })
  }
  payload.done()
  return answers
}

/** That a call failed: the answering node has no such group, or for another reason. */
export function encodeFailed(call: number, isUnknownGroup: boolean, message: string): Uint8Array {
  const body = utf8Encode(message)
  const out = new FrameOut(frameKind.failed, call, 1 + body.byteLength)
  out.u8(isUnknownGroup ? 1 : 0)
  out.raw(body)
  return out.bytes
}

/** The message of a `failed` frame; throws `CORRUPT`. */
export function decodeFailed(payload: ByteReader): string {
  payload.u8()
  return decodeText(payload.take(payload.remaining))
}

/** Reads the head of a frame without its length field; throws `CORRUPT` if it is too short. */
export function readFrame(bytes: Uint8Array): Frame {
  const payload = new ByteReader(bytes, 'a frame')
  return { kind: payload.u8(), call: payload.u32(), payload }
}

/** Cuts a stream of bytes into frames. What it holds is never more than one frame of the allowed size. */
export class FrameCutter {
  readonly #maxBytes: number
  #parts: Uint8Array[] = []
  #held = 0

  /** @param maxBytes the largest frame, its length field not counted */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * The frames that `chunk` completes, without their length fields. They may be views of `chunk`.
   * Throws `CORRUPT` for a frame that is too large or too small to be one.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = []
    let rest = chunk
    if (this.#held > 0) {
      this.#parts.push(chunk)
      this.#held += chunk.byteLength
      // Joined only when the frame is whole: else a frame in many small pieces would be copied again and again.
      if (this.#held < lengthBytes || this.#held < this.#wanted()) return frames
      rest = concatenate(this.#parts)
      this.#parts = []
      this.#held = 0
    }
    let at = 0
    while (rest.byteLength - at >= lengthBytes) {
      const length = this.#check(readLength(rest, at))
      if (rest.byteLength - at - lengthBytes < length) break
      frames.push(rest.subarray(at + lengthBytes, at + lengthBytes + length))
      at += lengthBytes + length
    }
    if (at < rest.byteLength) {
      this.#parts = [rest.slice(at)]
      this.#held = rest.byteLength - at
    }
    return frames
  }

  // The bytes that the held frame takes with its length field, which is held whole.
  #wanted(): number {
    const first = this.#parts[0]!
    if (first.byteLength < lengthBytes) this.#parts = [concatenate(this.#parts)]
    return lengthBytes + this.#check(readLength(this.#parts[0]!, 0))
  }

  #check(length: number): number {
    if (length >= frameHeadBytes && length <= this.#maxBytes) return length
    throw new ByteReader(new Uint8Array(), 'a frame').corrupt(
      `wanted ${frameHeadBytes} to ${this.#maxBytes} bytes, found ${length}`,
    )
  }
}

function readLength(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

function readName(payload: ByteReader): string {
  return decodeText(payload.take(payload.u32()))
}

function readI64(payload: ByteReader): bigint {
  return BigInt.asIntN(64, BigInt(payload.u32()) + (BigInt(payload.u32()) << 32n))
}

// A frame of known size while it is written.
class FrameOut {
  readonly bytes: Uint8Array
  readonly #view: DataView
  #at = payloadAt

  constructor(kind: number, call: number, payloadBytes: number) {
    this.bytes = new Uint8Array(payloadAt + payloadBytes)
    this.#view = new DataView(this.bytes.buffer)
    this.#view.setUint32(0, frameHeadBytes + payloadBytes, true)
    this.#view.setUint8(lengthBytes, kind)
    this.#view.setUint32(lengthBytes + 1, call, true)
  }

  u8(value: number): void {
    this.#view.setUint8(this.#at, value)
    this.#at += 1
  }

  i64(value: bigint): void {
    this.#view.setBigInt64(this.#at, value, true)
    this.#at += 8
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at)
    this.#at += bytes.byteLength
  }

  /** Bytes after a length of four bytes. */
  long(bytes: Uint8Array): void {
    this.#view.setUint32(this.#at, bytes.byteLength, true)
    this.#at += 4
    this.raw(bytes)
  }
}
