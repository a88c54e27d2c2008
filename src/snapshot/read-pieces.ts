import { digest } from '../bytes/digest.ts'
import { sameBytes } from '../core/same-bytes.ts'
import { isCacheError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { Cipher } from './aes-gcm.ts'
import type { Piece } from './head.ts'
import type { SnapshotKeys } from './keys.ts'
import { HeadProblem, type ProblemCode } from './report.ts'
import { decodeSegment, type Segment } from './segment.ts'

/** Where a cache reads from. */
export interface Source {
  readonly store: Store
  readonly keys: SnapshotKeys
  readonly cipher: Cipher | undefined
}

/** How to read the pieces of a column. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** Called after each segment. */
  readonly onPiece?: (() => void) | undefined
  /** Whether to read, and so check, also what the value can do without. */
  readonly everything?: boolean
}

// Pages are about 1 MiB: enough at once to keep a disk busy, few enough to bound memory.
const piecesAtOnce = 4

/**
 * Reads the segments of `pieces`, checks length and digest of each before anything is decoded, and gives them to `use`
 * one by one in their order while the next ones are on their way. Throws HeadProblem for anything wrong with the bytes.
 */
export async function readPieces(
  source: Source,
  column: string,
  pieces: readonly Piece[],
  use: (segment: Segment, piece: Piece) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const chunks: Piece[][] = []
  for (let i = 0; i < pieces.length; i += piecesAtOnce) chunks.push(pieces.slice(i, i + piecesAtOnce))
  let next = chunks[0] === undefined ? undefined : fetchChunk(source, column, chunks[0], signal)
  for (const [i, chunk] of chunks.entries()) {
    const loaded = await next!
    const following = chunks[i + 1]
    next = following === undefined ? undefined : fetchChunk(source, column, following, signal)
    // Awaited in the next round; an error in this one must not leave it unhandled.
    next?.catch(() => undefined)
    for (const [j, piece] of chunk.entries()) use(await openPiece(source, column, piece, loaded[j]), piece)
  }
}

/** The key of the segment of `piece`. */
export function pieceKey(keys: SnapshotKeys, column: string, piece: Piece): string {
  return keys.segment(column, piece, piece.part)
}

async function fetchChunk(
  source: Source,
  column: string,
  pieces: readonly Piece[],
  signal: AbortSignal | undefined,
): Promise<(Uint8Array | undefined)[]> {
  const { store } = source
  const keys: string[] = []
  for (const piece of pieces) if (piece.inline === undefined) keys.push(pieceKey(source.keys, column, piece))
  let loaded: (Uint8Array | undefined)[]
  try {
    loaded =
      store.loadMany !== undefined && keys.length > 1
        ? await store.loadMany(keys, { signal })
        : await Promise.all(keys.map(key => store.load(key, { signal })))
  } catch (cause) {
    throw fromStore(cause, { column })
  }
  let at = 0
  return pieces.map(piece => piece.inline ?? loaded[at++])
}

async function openPiece(
  source: Source,
  column: string,
  piece: Piece,
  bytes: Uint8Array | undefined,
): Promise<Segment> {
  const key = pieceKey(source.keys, column, piece)
  const fail = (code: ProblemCode, message: string, cause?: unknown): HeadProblem =>
    new HeadProblem({ code, message, key, column, ...(cause === undefined ? {} : { cause }) })
  if (bytes === undefined) throw fail('SEGMENT_MISSING', `Cannot read column "${column}": a segment is missing`)
  if (bytes.byteLength !== piece.length) {
    const found = `${bytes.byteLength} bytes, the head says ${piece.length}`
    throw fail('SEGMENT_CORRUPT', `Cannot read column "${column}": a segment has ${found}`)
  }
  // The digest of the head covers what rides in it.
  if (piece.inline === undefined && !sameBytes(digest(bytes), piece.digest)) {
    throw fail('SEGMENT_CORRUPT', `Cannot read column "${column}": the digest of a segment does not match`)
  }
  try {
    const segment = await decodeSegment(bytes, key, source.cipher)
    if (segment.role !== piece.role || segment.count !== piece.count) {
      throw fail('DECODE_FAILED', `Cannot read column "${column}": a segment is not the one the head describes`)
    }
    return segment
  } catch (cause) {
    if (cause instanceof HeadProblem) throw cause
    throw fail(problemOf(cause), `Cannot read column "${column}": ${(cause as Error).message}`, cause)
  }
}

/** A store that says its own bytes are damaged (LevelDB does) tells of content; any other failure stays what it is. */
export function fromStore(error: unknown, about: { column?: string; key?: string }): unknown {
  if (!isCacheError(error, 'CORRUPT')) return error
  const code = about.column === undefined ? 'HEAD_CORRUPT' : 'SEGMENT_CORRUPT'
  return new HeadProblem({ code, message: error.message, cause: error, ...about })
}

/** The problem code for an error met in decoding; an error that is not about content is thrown on. */
export function problemOf(error: unknown): ProblemCode {
  if (isCacheError(error, 'CORRUPT')) return 'DECODE_FAILED'
  if (isCacheError(error, 'FORMAT_NEWER')) return 'FORMAT_NEWER'
  if (isCacheError(error, 'DECRYPT_FAILED')) return 'DECRYPT_FAILED'
  throw error
}

/** Runs `read`, whatever it throws is about the bytes: it becomes a problem of the head. */
export function decoding<T>(column: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const message = `Cannot read column "${column}": ${(cause as Error).message}`
    throw new HeadProblem({ code: problemOf(cause), message, column, cause })
  }
}
