import * as fc from 'fast-check'
import { inflate } from '../../src/bytes/deflate.ts'
import { digest } from '../../src/bytes/digest.ts'
import { isLongName, isTempName, keyFromHex, keyToHex } from '../../src/bytes/file-name.ts'
import { decodeElements, decodeValue } from '../../src/codec/decode.ts'
import { decodePage } from '../../src/codec/page-decode.ts'
import { parseExact, parseSpelled } from '../../src/codec/parse-exact.ts'
import { sameBytes } from '../../src/core/same-bytes.ts'
import { PlainNetmapCache } from '../../src/netmap/plain-cache.ts'
import { decodeColumn, decodePeer, decodeUser, recordKind } from '../../src/netmap/plain-records.ts'
import { decodeDelta } from '../../src/snapshot/delta.ts'
import { decodeHead, type Head } from '../../src/snapshot/head.ts'
import { openHead, sealHead } from '../../src/snapshot/head-seal.ts'
import { decodeSegment, encodeSegment } from '../../src/snapshot/segment.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { decodeGoEvent } from '../../src/synced/go/go-event.ts'
import { decodeGoJson } from '../../src/synced/go/go-json.ts'
import { sealed } from '../format/golden-cases.ts'
import { type CorpusSegment, type CorpusStore, keys, readGoValues, readRecords, readStores } from './fuzz-corpus.ts'
import { groupDecoders, withDigest } from './fuzz-group.ts'
import { below, mutate, pick, type Random } from './fuzz-mutate.ts'

/** One input for a decoder. */
export interface FuzzInput {
  readonly bytes: Uint8Array
  /** Runs the decoder. What it may throw is for the target to say. */
  run(): unknown
}

/** A decoder, and how to make bytes for it. */
export interface FuzzTarget {
  readonly name: string
  /** Names or codes of the errors with which it may refuse. */
  readonly refusals: readonly string[]
  make(random: Random): FuzzInput | Promise<FuzzInput>
}

const ofFormat = ['CORRUPT', 'FORMAT_NEWER', 'DECRYPT_FAILED']
const ofRecords = ['SyntaxError', 'TypeError', 'CORRUPT']

export async function makeTargets(root: string, seed: number): Promise<FuzzTarget[]> {
  const stores = await readStores(root)
  const segments = stores.flatMap(store => store.segments.map(segment => ({ ...segment, store })))
  const records = readRecords(root)
  const allRecords = records.flatMap(files => [...files])
  const cipherOf = (store: CorpusStore) => (store.isSealed ? sealed.cipher : undefined)

  const arbitrary = fc.sample(fc.uint8Array({ maxLength: 600 }), { seed, numRuns: 2000 })

  const mutated = (random: Random, from: readonly Uint8Array[]): Uint8Array =>
    random() < 0.1 ? pick(random, arbitrary) : mutate(random, pick(random, from), pick(random, from))

  /** A decoder of bytes alone. */
  const plain = (
    name: string,
    refusals: readonly string[],
    seeds: readonly Uint8Array[],
    decode: (bytes: Uint8Array) => unknown,
  ): FuzzTarget => ({
    name,
    refusals,
    make: random => {
      const bytes = mutated(random, seeds)
      return { bytes, run: () => decode(bytes) }
    },
  })

  /** A decoder that is told how much to find, rightly or wrongly. */
  const counted = (
    name: string,
    seeds: readonly (readonly [Uint8Array, number])[],
    decode: (bytes: Uint8Array, count: number) => unknown,
  ): FuzzTarget => ({
    name,
    refusals: ofFormat,
    make: random => {
      const [seed, right] = pick(random, seeds)
      const bytes = mutated(random, [seed])
      const count = random() < 0.7 ? right : pick(random, [...counts, bytes.byteLength, bytes.byteLength * 1032])
      return { bytes, run: () => decode(bytes, count) }
    },
  })

  const payloads = (codec: number): Uint8Array[] =>
    segments.filter(({ segment }) => segment.codec === codec).map(({ segment }) => segment.payload)
  const payloadsOf = (test: (one: (typeof segments)[number]) => boolean): [Uint8Array, number][] =>
    segments.filter(test).map(({ segment }) => [segment.payload, segment.count])
  const ofPages =
    (codec: number) =>
    ({ segment }: (typeof segments)[number]): boolean =>
      segment.codec === codec && (segment.role === 'page' || segment.role === 'index')
  const counts = [0, 1, 2, 3, 40, 300, 400, 1024, 2 ** 31, 2 ** 32 - 1]
  const bodies = stores.filter(store => !store.isSealed).map(({ headBytes }) => headBytes.subarray(0, -16))
  const stored = segments.filter(({ store }) => !store.isSealed)
  const sealedOnes = segments.filter(({ store }) => store.isSealed)
  const texts = allRecords.map(([, bytes]) => bytes)
  const utf8 = new TextDecoder()
  const goSeeds = readGoValues(root)

  return [
    plain('head', ofFormat, bodies, body => decodeHead(body)),
    {
      name: 'head with its digest put right',
      refusals: ofFormat,
      make: async random => {
        const store = pick(random, stores)
        const body = mutated(random, [store.headBytes.subarray(0, -16)])
        const bytes = new Uint8Array([...body, ...(await digest(body))])
        return { bytes, run: () => openHead(bytes, store.headKey, cipherOf(store)) }
      },
    },
    {
      name: 'segment',
      refusals: ofFormat,
      make: random => {
        const { bytes: seed, key } = pick(random, stored)
        const bytes = mutated(random, [seed])
        return { bytes, run: () => decodeSegment(bytes, key, undefined) }
      },
    },
    {
      name: 'AES-GCM envelope of a segment',
      refusals: ofFormat,
      make: random => {
        const { bytes: seed, key } = pick(random, sealedOnes)
        const bytes = mutated(random, [seed])
        return { bytes, run: () => openSealed(bytes, key, seed) }
      },
    },
    counted(
      'deflated payload',
      segments
        .filter(({ bytes }) => bytes[7] === 1)
        .map(({ bytes, segment }) => [bytes.subarray(16), segment.payload.byteLength]),
      inflate,
    ),
    counted(
      'delta',
      payloadsOf(({ segment }) => segment.role === 'delta'),
      decodeDelta,
    ),
    plain('JSON value', ofFormat, payloads(1), bytes => decodeValue(1, bytes)),
    plain('CBOR value', ofFormat, payloads(2), bytes => decodeValue(2, bytes)),
    counted('JSON elements', payloadsOf(ofPages(1)), (bytes, count) => decodeElements(1, bytes, count)),
    counted('CBOR elements', payloadsOf(ofPages(2)), (bytes, count) => decodeElements(2, bytes, count)),
    counted('page', payloadsOf(ofPages(3)), decodePage),
    plain(
      'keys',
      [],
      stores.flatMap(({ files }) => [...files.keys()]).map(key => new TextEncoder().encode(key)),
      bytes => checkKeys(utf8.decode(bytes)),
    ),
    plain(
      'file names',
      [],
      stores.flatMap(({ files }) => [...files.keys()]).map(key => new TextEncoder().encode(keyToHex(key))),
      bytes => checkNames(utf8.decode(bytes)),
    ),
    plain('exact JSON', ['SyntaxError'], texts, bytes => [
      parseExact(utf8.decode(bytes)),
      parseSpelled(utf8.decode(bytes)),
    ]),
    {
      name: 'netmap record',
      refusals: ofRecords,
      make: random => {
        const [key, seed] = pick(random, allRecords)
        const bytes = mutated(random, [seed])
        return { bytes, run: () => decodeRecord(key, utf8.decode(bytes)) }
      },
    },
    {
      name: 'load of a netmap directory',
      refusals: [],
      make: async random => {
        const files = new Map(pick(random, records))
        const [key, seed] = pick(random, [...files])
        const bytes = mutated(random, [seed, pick(random, texts)])
        files.set(key, bytes)
        const store = await storeOf(files)
        return { bytes, run: () => new PlainNetmapCache(store).load() }
      },
    },
    {
      name: 'load of a snapshot with a changed segment and everything else put right',
      refusals: [],
      make: random =>
        makeLoad(
          random,
          pick(
            random,
            stores.filter(store => store.segments.length > 0),
          ),
        ),
    },
    plain("event of Go's cache", [], goSeeds, decodeGoEvent),
    plain("value of Go's cache", ['CORRUPT'], goSeeds, decodeGoJson),
    ...groupDecoders.map(({ name, refusals, seeds, hasDigest, decode }) =>
      plain(name, refusals, seeds, bytes => decode(hasDigest ? withDigest(bytes) : bytes)),
    ),
  ]
}

async function openSealed(bytes: Uint8Array, key: string, seed: Uint8Array): Promise<unknown> {
  const segment = await decodeSegment(bytes, key, sealed.cipher)
  if (!sameBytes(bytes, seed)) throw new Error('Sealed bytes that were changed opened')
  return segment
}

function checkKeys(text: string): unknown {
  const parsed = keys.parse(text)
  if (parsed === undefined) return undefined
  if (parsed.kind === 'head' && keys.head(parsed) !== text) throw new Error('A head is read under two keys')
  if (!text.startsWith('app/')) throw new Error('A key of another cache was taken')
  return parsed
}

function checkNames(name: string): unknown {
  const key = keyFromHex(name)
  if (key !== undefined && keyToHex(key) !== name) throw new Error('A key is read under two names')
  if (key !== undefined && (isLongName(name) || isTempName(name))) throw new Error('A name has two meanings')
  return key
}

function decodeRecord(key: string, text: string): unknown {
  const kind = recordKind(key)
  if (kind === 'peer') return decodePeer(key, text)
  return kind === 'user' ? decodeUser(key, text) : decodeColumn(key, text)
}

async function storeOf(files: ReadonlyMap<string, Uint8Array>): Promise<MemoryStore> {
  const store = new MemoryStore()
  for (const [key, bytes] of files) await store.store(key, bytes)
  return store
}

// Lengths, digests and seals are made right again, so that the bytes reach what lies behind these checks.
async function makeLoad(random: Random, golden: CorpusStore): Promise<FuzzInput> {
  const cipher = golden.isSealed ? sealed.cipher : undefined
  const chosen = pick(random, golden.segments)
  const payload = mutate(random, chosen.segment.payload, pick(random, golden.segments).segment.payload)
  const count = random() < 0.9 ? chosen.segment.count : pick(random, [0, 1, 2 ** 32 - 1])
  const codec = random() < 0.95 ? chosen.segment.codec : below(random, 5)
  const segment = { ...chosen.segment, payload, count, codec }
  const bytes = await encodeSegment(segment, chosen.key, { compress: random() < 0.3, cipher })
  const piece = { ...chosen.piece, count, length: bytes.byteLength, digest: await digest(bytes) }
  const files = new Map(golden.files)
  if (piece.inline === undefined) files.set(chosen.key, bytes)
  else piece.inline = bytes
  const head = withPiece(random, golden.head, chosen, piece)
  files.set(golden.headKey, await sealHead(head, golden.headKey, cipher))
  const store = await storeOf(files)
  const immutable = random() < 0.3
  const options = { name: 'app', immutable, ...(golden.isSealed ? { codec: sealed } : {}) }
  return { bytes: payload, run: () => new SnapshotCache(store, options).load() }
}

function withPiece(random: Random, head: Head, chosen: CorpusSegment, piece: CorpusSegment['piece']): Head {
  const columns = head.columns.map((column, i) => {
    if (i !== chosen.column) return column
    const pieces = column.pieces.map(one => (one === chosen.piece ? piece : one))
    return { ...column, pieces, count: random() < 0.9 ? column.count : pick(random, [0, 1, 2 ** 32 - 1]) }
  })
  return { ...head, columns }
}
