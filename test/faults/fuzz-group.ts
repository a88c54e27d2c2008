import { digest } from '../../src/bytes/digest.ts'
import { utf8Encode } from '../../src/bytes/utf8.ts'
import { entryFromWire } from '../../src/group/entry.ts'
import { decodeIndex, encodeIndex } from '../../src/group/index-record.ts'
import {
  decodeAnswers,
  decodeFailed,
  decodeKeysCall,
  decodeSetCall,
  encodeAnswers,
  encodeEmpty,
  encodeFailed,
  encodeKeysCall,
  encodeSetCall,
  FrameCutter,
  frameKind,
  readFrame,
} from '../../src/group/link/link-frame.ts'
import type { PeerAnswer } from '../../src/group/peer-service.ts'
import { decodeRecord, encodeRecord } from '../../src/group/record.ts'
import {
  decodeManyRequest,
  decodeManyResponse,
  encodeManyRequest,
  encodeManyResponse,
} from '../../src/group/wire/many-get.ts'
import {
  decodeGetResponse,
  decodeSetRequest,
  encodeGetResponse,
  encodeSetRequest,
} from '../../src/group/wire/messages.ts'
import { decodeRemoveKeys, encodeRemoveKeys } from '../../src/group/wire/remove-keys.ts'

/** A decoder of the group cache and whole inputs of it. */
export interface GroupDecoder {
  readonly name: string
  /** Codes of the errors with which it may refuse. */
  readonly refusals: readonly string[]
  readonly seeds: readonly Uint8Array[]
  /** Whether a digest of what was changed follows it. */
  readonly hasDigest?: boolean
  decode(bytes: Uint8Array): unknown
}

const group = 'users'
const keys = ['alice', 'b/b', 'größe', 'x'.repeat(300)].map(utf8Encode)
const values = [utf8Encode('v'), new Uint8Array(), new Uint8Array(2000).fill(7)]
const entries = values.map((value, i) => entryFromWire(value, [0n, 1_700_000_000_123_456_789n, -5n][i]!))
const answers: readonly PeerAnswer[] = [
  ...entries.map(entry => ({ kind: 'value', entry }) as const),
  { kind: 'notFound', message: 'no such user' },
  { kind: 'loadFailed', message: 'db down' },
]
const owner = { group, key: keys[0]! }
const records = entries.map(entry => encodeRecord(owner, { entry, runId: 'one', storedAtMs: 1_700_000_000_000 }))
const sizes = new Map([...Array(50).keys()].map(i => [`=key-${i}`, i * 1000]))
const calls = [
  encodeKeysCall(frameKind.get, 1, { group, keys }),
  encodeKeysCall(frameKind.remove, 2, { group, keys: keys.slice(0, 1) }),
  ...entries.map(entry => encodeSetCall(3, { group, key: keys[0]!, entry })),
  encodeEmpty(frameKind.cancel, 3),
  encodeAnswers(4, answers, 2 ** 20),
  encodeAnswers(5, answers, 30),
  encodeEmpty(frameKind.done, 6),
  encodeFailed(7, true, 'no such group'),
]

/** Every decoder of the group cache: of what lies in a store, and of what peers send. */
export const groupDecoders: readonly GroupDecoder[] = [
  { name: 'record', refusals: [], seeds: records, decode: bytes => decodeRecord(owner, bytes) },
  {
    name: 'record with its digest put right',
    refusals: [],
    seeds: records.map(withoutDigest),
    hasDigest: true,
    decode: bytes => decodeRecord(owner, bytes),
  },
  {
    name: 'index of records with its digest put right',
    refusals: [],
    seeds: [withoutDigest(encodeIndex(group, sizes)), withoutDigest(encodeIndex(group, new Map()))],
    hasDigest: true,
    decode: bytes => decodeIndex(group, bytes),
  },
  { name: 'frames of a link', refusals: ['CORRUPT'], seeds: [...calls, joined(calls)], decode: decodeFrames },
  { name: 'answer to a get', refusals: ['CORRUPT'], seeds: entries.map(encodeGetResponse), decode: decodeGetResponse },
  {
    name: 'body of a set',
    refusals: ['CORRUPT'],
    seeds: entries.map(entry => encodeSetRequest(group, keys[1]!, entry)),
    decode: decodeSetRequest,
  },
  {
    name: 'request for many keys',
    refusals: ['CORRUPT'],
    seeds: [encodeManyRequest(keys), encodeManyRequest([])],
    decode: decodeManyRequest,
  },
  {
    name: 'answer for many keys',
    refusals: ['CORRUPT'],
    seeds: [encodeManyResponse(answers), encodeManyResponse(answers, 30)],
    decode: bytes => decodeManyResponse(bytes, answers.length),
  },
  {
    name: 'keys to remove',
    refusals: ['CORRUPT'],
    seeds: [encodeRemoveKeys(group, keys), utf8Encode('{"GROUP":null,"keys":[null,"\\ud800"],"more":{}}')],
    decode: decodeRemoveKeys,
  },
]

/** `body` and its digest, as a writer would have written it. */
export function withDigest(body: Uint8Array): Uint8Array {
  return joined([body, digest(body)])
}

function withoutDigest(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, -16)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

// In two pieces, as a socket gives them; each frame by the decoder of its kind.
function decodeFrames(bytes: Uint8Array): unknown {
  const cutter = new FrameCutter(4096)
  const middle = bytes.byteLength >> 1
  const frames = [...cutter.push(bytes.subarray(0, middle)), ...cutter.push(bytes.subarray(middle))]
  return frames.map(frame => {
    const { kind, payload } = readFrame(frame)
    if (kind === frameKind.get || kind === frameKind.remove) return decodeKeysCall(payload)
    if (kind === frameKind.set) return decodeSetCall(payload)
    if (kind === frameKind.answers) return decodeAnswers(payload, answers.length)
    return kind === frameKind.failed ? decodeFailed(payload) : undefined
  })
}
