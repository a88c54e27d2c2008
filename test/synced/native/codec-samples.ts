import { utf8Encode } from '../../../src/bytes/utf8.ts'
import type { NativeEvent } from '../../../src/synced/native/event.ts'
import type { NativeRecord } from '../../../src/synced/native/record.ts'
import { recordBytes } from './wire-of.ts'

const epoch = { hi: 0x01020304, lo: 0x05060708 }
const none = new Uint8Array()

/** Records whose bytes are in fixtures/synced/native/records.json. */
export const recordSamples: Readonly<Record<string, NativeRecord>> = {
  plain: { codec: 1, epoch, sequence: 7, freshUntil: 0, expiresAt: 0, tags: [], body: utf8Encode('{"a":1}') },
  timed: {
    codec: 2,
    epoch,
    sequence: 0x1_0000_0001,
    freshUntil: 1_700_000_000_123,
    expiresAt: 1_700_000_060_123,
    tags: ['user:1', '日本'],
    body: Uint8Array.of(0xf6),
  },
  empty: { codec: 3, epoch, sequence: 1, freshUntil: 0, expiresAt: 0, tags: [''], body: none },
  largest: {
    codec: 1,
    epoch: { hi: -1, lo: -1 },
    sequence: Number.MAX_SAFE_INTEGER,
    freshUntil: Number.MAX_SAFE_INTEGER,
    expiresAt: Number.MAX_SAFE_INTEGER,
    tags: [],
    body: Uint8Array.of(0, 255),
  },
  tombstone: { codec: 0, epoch, sequence: 9, freshUntil: 0, expiresAt: 1_700_000_030_000, tags: [], body: none },
}

const event: NativeEvent = {
  kind: 1,
  epoch,
  sequence: 7,
  nonce: { hi: 0x11121314, lo: 0x15161718 },
  previous: { hi: 0x21222324, lo: 0x25262728 },
  sender: { hi: 0x31323334, lo: 0x35363738 },
  partition: 2,
  timeMs: 1_700_000_000_000,
  key: 'user:1',
  record: recordBytes(recordSamples['plain']!),
}

/** Events whose bytes are in fixtures/synced/native/events.json. */
export const eventSamples: Readonly<Record<string, NativeEvent>> = {
  set: event,
  move: { ...event, kind: 2, record: none },
  delete: { ...event, kind: 3, key: 'ключ', record: none },
  invalidate: { ...event, kind: 4, key: '\0', record: none },
  tag: { ...event, kind: 5, partition: 0xffff, sequence: 0x1_0000_0000, record: none },
  clear: { ...event, kind: 6, key: '', record: none },
  tick: { ...event, kind: 7, key: '', sequence: 0, nonce: { hi: 0, lo: 0 }, record: none },
}
