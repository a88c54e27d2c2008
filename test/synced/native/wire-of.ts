import { utf8Encode } from '../../../src/bytes/utf8.ts'
import type { NativeEvent } from '../../../src/synced/native/event.ts'
import { type Id64, writeId } from '../../../src/synced/native/id64.ts'
import type { NativeRecord } from '../../../src/synced/native/record.ts'
import { encodeTags } from '../../../src/synced/native/record.ts'

/** The bytes of a record: what the scripts write, by the page of the protocol. */
export function recordBytes({ codec, epoch, sequence, freshUntil, expiresAt, tags, body }: NativeRecord): Uint8Array {
  const head = new Uint8Array(36)
  head.set([0x63, 0x73, 1, codec])
  writeId(head, 4, epoch)
  writeId(head, 12, idOfNumber(sequence))
  writeId(head, 20, idOfNumber(freshUntil))
  writeId(head, 28, idOfNumber(expiresAt))
  return Buffer.concat([head, encodeTags(tags), body])
}

/** The bytes of an event. */
export function eventBytes(event: NativeEvent): Uint8Array {
  const head = new Uint8Array(56)
  const key = utf8Encode(event.key)
  head.set([0x63, 0x73, 1, event.kind])
  writeId(head, 4, event.epoch)
  writeId(head, 12, idOfNumber(event.sequence))
  writeId(head, 20, event.nonce)
  writeId(head, 28, event.previous)
  writeId(head, 36, event.sender)
  const view = new DataView(head.buffer)
  view.setUint16(44, event.partition)
  writeId(head, 46, idOfNumber(event.timeMs))
  view.setUint16(54, key.byteLength)
  return Buffer.concat([head, key, event.record])
}

/** An unsigned integer as eight bytes have it. */
export function idOfNumber(value: number): Id64 {
  return { hi: Math.floor(value / 0x1_0000_0000) | 0, lo: (value % 0x1_0000_0000) | 0 }
}
