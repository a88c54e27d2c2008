import { digest, digestBytes } from '../../src/bytes/digest.ts'
import type { ProblemCode } from '../../src/index.ts'
import type { Head, HeadColumn, Piece } from '../../src/snapshot/head.ts'
import { openHead, sealHead } from '../../src/snapshot/head-seal.ts'
import type { Files } from './fixture-store.ts'

/** One store that no reader may take for whole. */
export interface BrokenCase {
  readonly name: string
  readonly code: ProblemCode
  /** What is wrong with it; docs/FORMAT.md has the same words. */
  readonly about: string
  /** The golden case it is made of. */
  readonly from: string
  readonly break: (store: Broken) => void | Promise<void>
}

/** The files of a golden case on their way to be broken; it has one head. */
export class Broken {
  readonly files: Map<string, Uint8Array>
  readonly headKey: string

  constructor(files: Files) {
    this.files = new Map([...files].map(([key, bytes]) => [key, bytes.slice()]))
    const heads = [...files.keys()].filter(key => key.startsWith('app/@head/'))
    this.headKey = heads.at(-1)!
    for (const key of heads.slice(0, -1)) this.files.delete(key)
  }

  get head(): Uint8Array {
    return this.files.get(this.headKey)!
  }

  set head(bytes: Uint8Array) {
    this.files.set(this.headKey, bytes)
  }

  /** The key of the `i`th segment that has a key of its own. */
  segmentKey(i = 0): string {
    return [...this.files.keys()].filter(key => key !== this.headKey)[i]!
  }

  /** Sets one byte of the head and mends its digest, so that nothing but the byte is wrong. */
  async poke(offset: number, value: number): Promise<void> {
    await this.rebuild(bytes => {
      bytes[offset] = value
      return bytes
    })
  }

  /** Changes the head without its digest, and appends the right one. */
  async rebuild(change: (body: Uint8Array) => Uint8Array): Promise<void> {
    const body = change(this.head.slice(0, -digestBytes))
    const bytes = new Uint8Array(body.byteLength + digestBytes)
    bytes.set(body)
    bytes.set(digest(body), body.byteLength)
    this.head = bytes
  }

  /** Encodes the head anew with other columns. */
  async setColumns(change: (columns: readonly HeadColumn[]) => readonly HeadColumn[]): Promise<void> {
    const head: Head = await openHead(this.head, this.headKey, undefined)
    this.head = await sealHead({ ...head, columns: change(head.columns) }, this.headKey, undefined)
  }

  /** Changes the bytes of one separate segment, and its digest and length in the head with them. */
  async setSegment(change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
    const key = this.segmentKey()
    const bytes = change(this.files.get(key)!.slice())
    this.files.set(key, bytes)
    const mended = { length: bytes.byteLength, digest: digest(bytes) }
    const isIt = ({ generation, part, inline }: Piece, name: string): boolean =>
      inline === undefined && key.startsWith(`app/${name}/${generation.toString(16).padStart(12, '0')}-`) && part === 0
    await this.setColumns(columns =>
      columns.map(column => ({
        ...column,
        pieces: column.pieces.map(piece => (isIt(piece, column.name) ? { ...piece, ...mended } : piece)),
      })),
    )
  }
}

function set(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  bytes[offset] = value
  return bytes
}

function pieces(
  change: (pieces: readonly Piece[]) => readonly Piece[],
): (columns: readonly HeadColumn[]) => HeadColumn[] {
  return columns => columns.map(column => ({ ...column, pieces: change(column.pieces) }))
}

const head = (
  name: string,
  about: string,
  broken: BrokenCase['break'],
  code: ProblemCode = 'HEAD_CORRUPT',
): BrokenCase => ({
  name: `head-${name}`,
  code,
  about,
  from: 'plain-inline',
  break: broken,
})

const segment = (
  name: string,
  about: string,
  code: ProblemCode,
  broken: BrokenCase['break'],
  from = 'plain-separate',
): BrokenCase => ({ name: `segment-${name}`, code, about, from, break: broken })

/** Cases are added at the end and never changed. */
export const brokenCases: readonly BrokenCase[] = [
  head('empty', 'a head of no bytes', store => {
    store.head = new Uint8Array(0)
  }),
  head('cut', 'a head without its last byte', store => {
    store.head = store.head.slice(0, -1)
  }),
  head('longer', 'a head with a byte more', store => {
    store.head = Uint8Array.of(...store.head, 0)
  }),
  head('flipped', 'a head with one bit changed', store => {
    store.head = set(store.head, 60, store.head[60]! ^ 1)
  }),
  head('magic', 'a head with another magic', store => store.poke(0, 0x58)),
  head('version-0', 'a head of version 0', store => store.poke(4, 0)),
  head('newer', 'a head of version 2', store => store.poke(4, 2), 'FORMAT_NEWER'),
  head('newer-flipped', 'a head whose version was changed to 2, but not its digest', store => {
    store.head = store.head.with(4, 2)
  }),
  head('flags', 'a head with an unknown flag', store => store.poke(5, 1)),
  head('reserved', 'a head with a reserved byte that is not zero', store => store.poke(6, 1)),
  head('other-key', 'a head stored under the key of another generation', store => {
    const bytes = store.head
    store.files.delete(store.headKey)
    store.files.set(store.headKey.replace('000000000001-', '000000000009-'), bytes)
  }),
  head('trailing', 'a head with bytes after its last column', store =>
    store.rebuild(body => Uint8Array.of(...body, 0)),
  ),
  head('count', 'a head that announces more columns than it has', store => store.poke(34, 200)),
  head('same-name', 'two columns of one name', store => store.setColumns(columns => [...columns, columns[0]!])),
  head('roles', 'a plain column of two values', store => store.setColumns(pieces(list => [...list, ...list]))),
  {
    ...head('page-first', 'a page before its index', store => store.setColumns(pieces(list => [...list].reverse()))),
    from: 'pages',
  },
  head('shape', 'a column of an unknown shape', store => store.poke(43, 9)),
  head('role', 'a piece of an unknown role', store => store.poke(52, 9)),
  head('piece-flags', 'a piece with an unknown flag', store => store.poke(53, 3)),
  head('name', 'a column name that is not UTF-8', store => store.poke(40, 0xff)),
  head('time', 'a time that is not a number', store => store.rebuild(body => body.fill(0xff, 22, 30))),
  { ...head('sealed', 'a sealed head, read without keys', () => {}, 'DECRYPT_FAILED'), from: 'sealed' },
  segment('missing', 'a segment that is not there', 'SEGMENT_MISSING', store => {
    store.files.delete(store.segmentKey())
  }),
  segment('cut', 'a segment without its last byte', 'SEGMENT_CORRUPT', store => {
    store.files.set(store.segmentKey(), store.files.get(store.segmentKey())!.slice(0, -1))
  }),
  segment('empty', 'a segment of no bytes', 'SEGMENT_CORRUPT', store => {
    store.files.set(store.segmentKey(), new Uint8Array(0))
  }),
  segment('flipped', 'a segment with one bit changed', 'SEGMENT_CORRUPT', store => {
    store.files.set(store.segmentKey(), set(store.files.get(store.segmentKey())!, 100, 0))
  }),
  segment('magic', 'a segment with another magic', 'DECODE_FAILED', store => store.setSegment(b => set(b, 0, 0x58))),
  segment('newer', 'a segment of version 2', 'FORMAT_NEWER', store => store.setSegment(b => set(b, 4, 2))),
  segment('role', 'a segment of another role than its head says', 'DECODE_FAILED', store =>
    store.setSegment(b => set(b, 5, 4)),
  ),
  segment('codec', 'a segment of an unknown codec', 'DECODE_FAILED', store => store.setSegment(b => set(b, 6, 99))),
  segment('flags', 'a segment with an unknown flag', 'DECODE_FAILED', store => store.setSegment(b => set(b, 7, 8))),
  segment('count', 'a segment with another count than its head says', 'DECODE_FAILED', store =>
    store.setSegment(b => set(b, 8, 2)),
  ),
  segment('length', 'a segment that announces more payload than it has', 'DECODE_FAILED', store =>
    store.setSegment(b => set(b, 14, 200)),
  ),
  segment('value', 'a payload that its codec does not read', 'DECODE_FAILED', store =>
    store.setSegment(b => set(b, 16, 0x7b)),
  ),
  segment('deflate', 'a deflate flag on bytes that are not deflated', 'DECODE_FAILED', store =>
    store.setSegment(b => set(b, 7, 1)),
  ),
  segment(
    'keys',
    'fewer keys than elements',
    'DECODE_FAILED',
    store => store.setColumns(pieces(list => list.filter((_, i) => i !== 1))),
    'pages',
  ),
  segment(
    'total',
    'a head that counts more elements than there are',
    'DECODE_FAILED',
    store => store.setColumns(columns => columns.map(column => ({ ...column, count: column.count + 1 }))),
    'pages',
  ),
]
