import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { digestBytes } from '../bytes/digest.ts'
import { fromHex } from '../bytes/hex.ts'
import { utf8Decode, utf8Encode } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'
import type { Shape } from './columns.ts'
import type { Id } from './keys.ts'

/** What a piece holds; the number is its byte in a segment's header and in a head. */
export const roles = { value: 1, index: 2, page: 3, delta: 4 } as const
export type Role = keyof typeof roles
const roleNames: readonly Role[] = ['value', 'index', 'page', 'delta']

/** One segment as a head names it. */
export interface Piece extends Id {
  readonly role: Role
  /** Tells the segments of one write apart. */
  readonly part: number
  /** Elements in it; 1 for a value. */
  readonly count: number
  readonly length: number
  readonly digest: Uint8Array
  /** The segment itself, if it rides in the head. */
  readonly inline?: Uint8Array
}

/** One column as a head names it: a `value`; or an `index` and its `page`s, then `delta`s in the order they apply. */
export interface HeadColumn {
  readonly name: string
  readonly shape: Shape
  /** Elements in the column now; 1 for a plain one. */
  readonly count: number
  readonly pieces: readonly Piece[]
}

/** The commit record: a snapshot is what a head names. Layout: docs/FORMAT.md section 4. */
export interface Head extends Id {
  readonly savedAtMs: number
  readonly schemaVersion: number
  readonly columns: readonly HeadColumn[]
}

/** The version of heads and segments that this code writes, and the newest that it reads. */
export const formatVersion = 1

/** Flag of a head or a segment: protected by AES-GCM. */
export const sealedFlag = 2

const magic = 0x44485343 // "CSHD", little-endian
const shapes: readonly Shape[] = ['plain', 'array', 'object', 'map']
const inlineFlag = 1
// Of a head what stands before its columns, of a column without its name, and of a piece without what rides in the head.
const headerBytes = 38
const columnBytes = 11
const pieceBytes = 44

/** Writes a head up to its seal and digest, for which the writer has `room`: `sealHead` appends them. */
export function encodeHead(head: Head, flags: number, room: number): ByteWriter {
  let capacity = headerBytes + room
  for (const { name, pieces } of head.columns) {
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    capacity += columnBytes + 3 * name.length + pieces.length * pieceBytes
    for (const { inline } of pieces) capacity += inline?.byteLength ?? 0
  }
  const writer = new ByteWriter(capacity)
  writer.u32(magic)
  writer.u8(formatVersion)
  writer.u8(flags)
  writer.u16(0)
  writeId(writer, head)
  writer.f64(head.savedAtMs)
  writer.u32(head.schemaVersion)
  writer.u32(head.columns.length)
  for (const column of head.columns) {
    const name = utf8Encode(column.name)
    writer.u16(name.byteLength)
    writer.bytes(name)
    writer.u8(shapes.indexOf(column.shape))
    writer.u32(column.count)
    writer.u32(column.pieces.length)
    for (const piece of column.pieces) writePiece(writer, piece)
  }
  return writer
}

// Pieces stay through many heads.
const knownPieces = new WeakMap<Piece, Uint8Array>()

function writePiece(writer: ByteWriter, piece: Piece): void {
  let bytes = knownPieces.get(piece)
  if (bytes === undefined) {
    bytes = encodePiece(piece)
    knownPieces.set(piece, bytes)
  }
  writer.bytes(bytes)
  if (piece.inline !== undefined) writer.bytes(piece.inline)
}

function encodePiece(piece: Piece): Uint8Array {
  const writer = new ByteWriter(pieceBytes)
  writer.u8(roles[piece.role])
  writer.u8(piece.inline === undefined ? 0 : inlineFlag)
  writeId(writer, piece)
  writer.u32(piece.part)
  writer.u32(piece.count)
  writer.u32(piece.length)
  writer.bytes(piece.digest)
  return writer.finish()
}

function writeId(writer: ByteWriter, id: Id): void {
  writer.u48(id.generation)
  writer.bytes(fromHex(id.nonce)!)
}

/** The version and flags of something that claims to be a head; throws `CORRUPT` or `FORMAT_NEWER`. */
export function readHeadFlags(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes, 'head')
  if (reader.u32() !== magic) throw reader.corrupt('it does not begin with its magic')
  const version = reader.u8()
  if (version > formatVersion) {
    throw new CacheError('FORMAT_NEWER', `Cannot read head: its format is ${version}, known is ${formatVersion}`)
  }
  const flags = reader.u8()
  if (version !== formatVersion || (flags & ~sealedFlag) !== 0 || reader.u16() !== 0) {
    throw reader.corrupt('its version, flags or reserved bytes are not allowed')
  }
  return flags
}

/** Reads what {@link encodeHead} wrote. Inline pieces are views of `bytes`. Throws `CORRUPT`. */
export function decodeHead(bytes: Uint8Array): Head {
  const reader = new ByteReader(bytes, 'head')
  reader.take(8)
  const id = readId(reader)
  const savedAtMs = reader.f64()
  if (!Number.isFinite(savedAtMs)) throw reader.corrupt('its time is not a number')
  const schemaVersion = reader.u32()
  const columnCount = reader.u32()
  const columns: HeadColumn[] = []
  const names = new Set<string>()
  for (let i = 0; i < columnCount; i++) {
    const column = readColumn(reader)
    if (names.has(column.name)) throw reader.corrupt('two columns have one name')
    names.add(column.name)
    columns.push(column)
  }
  reader.done()
  return { ...id, savedAtMs, schemaVersion, columns }
}

function readColumn(reader: ByteReader): HeadColumn {
  const name = readText(reader.take(reader.u16()))
  const shape = shapes[reader.u8()]
  if (shape === undefined) throw reader.corrupt('a column has an unknown shape')
  const count = reader.u32()
  const pieceCount = reader.u32()
  const pieces: Piece[] = []
  for (let i = 0; i < pieceCount; i++) pieces.push(readPiece(reader))
  checkRoles(shape, pieces)
  return { name, shape, count, pieces }
}

// A reader that could assume the order of roles needs no check of its own anywhere else.
function checkRoles(shape: Shape, pieces: readonly Piece[]): void {
  let last: number = shape === 'plain' ? roles.value : roles.index
  const isOrdered = pieces.every(({ role }, i) => {
    const fits = i === 0 ? roles[role] === last : roles[role] >= last && roles[role] > roles.index
    last = roles[role]
    return fits
  })
  if (!isOrdered || pieces.length === 0 || (shape === 'plain' && pieces.length > 1)) {
    throw new CacheError('CORRUPT', 'Cannot read head: the pieces of a column are not in their order')
  }
}

function readPiece(reader: ByteReader): Piece {
  const role = roleOf(reader.u8())
  const flags = reader.u8()
  if ((flags & ~inlineFlag) !== 0) throw reader.corrupt('a piece has unknown flags')
  const id = readId(reader)
  const part = reader.u32()
  const count = reader.u32()
  const length = reader.u32()
  const digest = reader.take(digestBytes)
  const piece = { ...id, role, part, count, length, digest }
  return flags === inlineFlag ? { ...piece, inline: reader.take(length) } : piece
}

/** The role of a role's byte; throws `CORRUPT` for a byte that is none. */
export function roleOf(byte: number): Role {
  const role = roleNames[byte - 1]
  if (role !== undefined) return role
  throw new CacheError('CORRUPT', `Cannot read segment: its role is ${byte}`)
}

function readId(reader: ByteReader): Id {
  return { generation: reader.u48(), nonce: reader.hex64() }
}

function readText(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw new CacheError('CORRUPT', 'Cannot read head: a name is not UTF-8', { cause })
  }
}
