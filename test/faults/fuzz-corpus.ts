import fs from 'node:fs'
import { join } from 'node:path'
import { fromHex } from '../../src/bytes/hex.ts'
import { utf8Decode, utf8Encode } from '../../src/bytes/utf8.ts'
import { parseExact } from '../../src/codec/parse-exact.ts'
import type { Head, Piece } from '../../src/snapshot/head.ts'
import { openHead } from '../../src/snapshot/head-seal.ts'
import { snapshotKeys } from '../../src/snapshot/keys.ts'
import { pieceKey } from '../../src/snapshot/read-pieces.ts'
import { decodeSegment, type Segment } from '../../src/snapshot/segment.ts'
import { sealed } from '../format/golden-cases.ts'
import type { Operation } from '../synced/go/operations.ts'

export const keys = snapshotKeys('app')

/** One segment of a golden store. */
export interface CorpusSegment {
  readonly column: number
  readonly piece: Piece
  readonly key: string
  readonly bytes: Uint8Array
  readonly segment: Segment
}

/** A golden store, taken apart. */
export interface CorpusStore {
  readonly name: string
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Its newest head. */
  readonly headKey: string
  readonly headBytes: Uint8Array
  readonly head: Head
  readonly isSealed: boolean
  readonly segments: readonly CorpusSegment[]
}

function filesIn(directory: string): Map<string, Uint8Array> {
  const names = fs.readdirSync(directory).sort()
  return new Map(
    names.map(name => [utf8Decode(fromHex(name)!), new Uint8Array(fs.readFileSync(join(directory, name)))]),
  )
}

/** The stores of `fixtures/format/v1`. */
export async function readStores(root: string): Promise<CorpusStore[]> {
  const stores: CorpusStore[] = []
  for (const name of fs.readdirSync(join(root, 'fixtures/format/v1')).sort()) {
    const files = filesIn(join(root, 'fixtures/format/v1', name))
    const headKey = [...files.keys()].filter(key => key.startsWith(keys.headPrefix)).at(-1)!
    const headBytes = files.get(headKey)!
    const isSealed = name.startsWith('sealed')
    const cipher = isSealed ? sealed.cipher : undefined
    const { keyId: _, ...head } = await openHead(headBytes, headKey, cipher)
    const segments: CorpusSegment[] = []
    for (const [column, { name: columnName, pieces }] of head.columns.entries()) {
      for (const piece of pieces) {
        const key = pieceKey(keys, columnName, piece)
        const bytes = piece.inline ?? files.get(key)!
        segments.push({ column, piece, key, bytes, segment: await decodeSegment(bytes, key, cipher) })
      }
    }
    stores.push({ name, files, headKey, headBytes, head, isSealed, segments })
  }
  return stores
}

/** The records of Tailscale's caches in `fixtures/netmapcache`, by directory. */
export function readRecords(root: string): Map<string, Uint8Array>[] {
  const base = join(root, 'fixtures/netmapcache')
  return fs
    .readdirSync(base)
    .map(name => join(base, name, 'dir'))
    .filter(directory => fs.existsSync(directory))
    .map(filesIn)
}

/** The events and values of Go's cache in `fixtures/synced`. By `root`: the built fuzzer is elsewhere than its tests. */
export function readGoValues(root: string): Uint8Array[] {
  const text = fs.readFileSync(join(root, 'fixtures/synced/operations.json'), 'utf8')
  const operations = parseExact(text) as readonly Operation[]
  return operations.flatMap(({ event, redisValue }) => [event, redisValue ?? 'null']).map(utf8Encode)
}
