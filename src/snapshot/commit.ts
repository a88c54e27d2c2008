import { digest } from '../bytes/digest.ts'
import type { CodecName } from '../codec/codec.ts'
import { checkSignal } from '../core/check.ts'
import type { Store } from '../store/store.ts'
import type { Shape } from './columns.ts'
import type { Head, HeadColumn, Piece } from './head.ts'
import { sealHead } from './head-seal.ts'
import type { Id } from './keys.ts'
import { mergeDeltas } from './merge-deltas.ts'
import { pieceKey, readPieces, type Source } from './read-pieces.ts'
import { encodeSegment, type Segment } from './segment.ts'

/** What becomes of one column: pieces that stay, and segments that come after them. */
export interface ColumnPlan {
  readonly name: string
  readonly shape: Shape
  readonly count: number
  readonly kept: readonly Piece[]
  readonly segments: readonly Segment[]
}

export interface CommitPlan extends Id {
  readonly savedAtMs: number
  readonly schemaVersion: number
  readonly columns: readonly ColumnPlan[]
}

export interface CommitOptions {
  readonly codec: CodecName
  readonly compress: boolean
  readonly signal: AbortSignal | undefined
  /** Called as the segments of a column are written. */
  readonly onProgress: ((progress: { column: string; done: number; total: number }) => void) | undefined
}

/** A segment on its way: a piece that may have bytes to be written under its own key. */
interface Draft {
  readonly piece: Piece
  readonly bytes: Uint8Array | undefined
}

interface ColumnDraft {
  readonly plan: ColumnPlan
  drafts: Draft[]
  nextPart: number
}

/** Limits of what rides in a head; docs/FORMAT.md section 5. Readers take any. */
export const inlineLimits: {
  /** A plain value, or all of a base. */
  readonly baseBytes: number
  readonly deltaBytes: number
  readonly headBytes: number
  /** Delta segments of a column outside of the head. */
  readonly deltaSegments: number
} = { baseBytes: 4 << 10, deltaBytes: 16 << 10, headBytes: 32 << 10, deltaSegments: 8 }

// A batch up to this size takes segments and head together; above it the head is a put of its own, because LevelDB
// replays a large last batch at the next open.
const oneBatchBytes = 256 << 10
const writesAtOnce = 8

/**
 * Makes a plan the newest snapshot: seals the segments, writes them, and then, as the only commit point, the head that
 * names them. Resolves to that head and to the bytes that were written. Throws what the store throws; whether the head
 * came to be stored is then unknown.
 */
export async function commit(
  source: Source,
  plan: CommitPlan,
  options: CommitOptions,
): Promise<{ head: Head; bytes: number }> {
  const columns: ColumnDraft[] = []
  for (const column of plan.columns) columns.push(await draftColumn(source, column, plan, options))
  await makeRoom(source, columns, plan, options)
  const head: Head = {
    generation: plan.generation,
    nonce: plan.nonce,
    savedAtMs: plan.savedAtMs,
    schemaVersion: plan.schemaVersion,
    columns: columns.map(toHeadColumn),
  }
  const key = source.keys.head(plan)
  const headBytes = await sealHead(head, key, source.cipher)
  const writes = columns.flatMap(column =>
    column.drafts
      .filter(draft => draft.bytes !== undefined && draft.piece.inline === undefined)
      .map(draft => ({ column: column.plan.name, piece: draft.piece, value: draft.bytes! })),
  )
  await write(source, writes, { key, value: headBytes }, options)
  return { head, bytes: writes.reduce((sum, { value }) => sum + value.byteLength, headBytes.byteLength) }
}

function toHeadColumn({ plan, drafts }: ColumnDraft): HeadColumn {
  return { name: plan.name, shape: plan.shape, count: plan.count, pieces: drafts.map(draft => draft.piece) }
}

async function draftColumn(source: Source, plan: ColumnPlan, id: Id, options: CommitOptions): Promise<ColumnDraft> {
  const column: ColumnDraft = { plan, drafts: plan.kept.map(piece => ({ piece, bytes: piece.inline })), nextPart: 0 }
  const fresh: Draft[] = []
  for (const segment of plan.segments) fresh.push(await seal(source, column, segment, id, options))
  const base = fresh.filter(draft => draft.piece.role !== 'delta')
  const fitsBase = sumBytes(base) <= inlineLimits.baseBytes
  for (const draft of fresh) {
    const fits = draft.piece.role === 'delta' ? draft.piece.length <= inlineLimits.deltaBytes : fitsBase
    column.drafts.push(fits ? toInline(draft) : draft)
  }
  return column
}

function sumBytes(drafts: readonly Draft[]): number {
  return drafts.reduce((sum, draft) => sum + draft.piece.length, 0)
}

function inlineBytes({ drafts }: ColumnDraft): number {
  return drafts.reduce((sum, { piece }) => (piece.inline === undefined ? sum : sum + piece.length), 0)
}

function toInline({ piece, bytes }: Draft): Draft {
  return { piece: { ...piece, inline: bytes! }, bytes }
}

// The piece keeps its name, and with it what its bytes are bound to: they go under that name as they are.
function toSeparate({ piece, bytes }: Draft): Draft {
  const { inline: _, ...rest } = piece
  return { piece: rest, bytes }
}

async function seal(
  source: Source,
  column: ColumnDraft,
  segment: Segment,
  id: Id,
  options: CommitOptions,
): Promise<Draft> {
  const part = column.nextPart++
  const key = source.keys.segment(column.plan.name, id, part)
  const bytes = await encodeSegment(segment, key, { compress: options.compress, cipher: source.cipher })
  const { generation, nonce } = id
  const { role, count } = segment
  const named = { generation, nonce, role, part, count, length: bytes.byteLength, digest: digest(bytes) }
  return { piece: named, bytes }
}

// Moves pieces out of the head until what is left in it is small, and keeps delta segments few.
async function makeRoom(
  source: Source,
  columns: readonly ColumnDraft[],
  id: Id,
  options: CommitOptions,
): Promise<void> {
  for (const column of columns) await orderDeltas(source, column, id, options)
  for (;;) {
    const sizes = columns.map(inlineBytes)
    if (sizes.reduce((sum, size) => sum + size, 0) <= inlineLimits.headBytes) return
    const column = columns[sizes.indexOf(Math.max(...sizes))]!
    const deltas = column.drafts.filter(isInlineDelta)
    if (deltas.length > 0) await mergeInto(source, column, deltas, id, options)
    else column.drafts = column.drafts.map(toSeparate)
    await orderDeltas(source, column, id, options)
  }
}

function isInlineDelta(draft: Draft): boolean {
  return draft.piece.role === 'delta' && draft.piece.inline !== undefined
}

// Deltas apply in the order of the head, and those in it are the latest. A new one too large for it takes the inline
// ones before it along; when there are many outside, all become one.
async function orderDeltas(source: Source, column: ColumnDraft, id: Id, options: CommitOptions): Promise<void> {
  const deltas = column.drafts.filter(draft => draft.piece.role === 'delta')
  const inline = deltas.filter(isInlineDelta)
  const separate = deltas.length - inline.length
  if (separate > inlineLimits.deltaSegments) await mergeInto(source, column, deltas, id, options)
  else if (inline.length > 0 && deltas.at(-1)?.piece.inline === undefined) {
    await mergeInto(source, column, deltas.slice(deltas.indexOf(inline[0]!)), id, options)
  }
}

// Replaces `deltas`, which are the last pieces of the column, by one segment outside of the head.
async function mergeInto(
  source: Source,
  column: ColumnDraft,
  deltas: readonly Draft[],
  id: Id,
  options: CommitOptions,
): Promise<void> {
  const segments: Segment[] = []
  const pieces = deltas.map(({ piece, bytes }) => (bytes === undefined ? piece : { ...piece, inline: bytes }))
  await readPieces(source, column.plan.name, pieces, segment => segments.push(segment), options.signal)
  const rest = column.drafts.filter(draft => !deltas.includes(draft))
  const single = deltas.length === 1 ? toSeparate(deltas[0]!) : undefined
  const merged = single ?? (await seal(source, column, mergeDeltas(segments, options.codec), id, options))
  column.drafts = [...rest, merged]
}

// Tells that a segment of a column is written.
function progressOf(writes: readonly Write[], { onProgress }: CommitOptions): (column: string) => void {
  if (onProgress === undefined) return () => undefined
  const total = new Map<string, number>()
  for (const { column } of writes) total.set(column, (total.get(column) ?? 0) + 1)
  const done = new Map<string, number>()
  return column => {
    done.set(column, (done.get(column) ?? 0) + 1)
    onProgress({ column, done: done.get(column)!, total: total.get(column)! })
  }
}

interface Write {
  readonly column: string
  readonly piece: Piece
  readonly value: Uint8Array
}

async function write(
  source: Source,
  writes: readonly Write[],
  head: { key: string; value: Uint8Array },
  options: CommitOptions,
): Promise<void> {
  const { store } = source
  const { signal } = options
  const segments = writes.map(({ column, piece, value }) => ({ key: pieceKey(source.keys, column, piece), value }))
  const bytes = segments.reduce((sum, { value }) => sum + value.byteLength, head.value.byteLength)
  const told = progressOf(writes, options)
  if (store.batch !== undefined && segments.length > 0) {
    const operations = segments.map(segment => ({ type: 'store' as const, ...segment }))
    if (bytes <= oneBatchBytes) {
      checkSignal(signal)
      await store.batch([...operations, { type: 'store', ...head }], { signal })
      for (const { column } of writes) told(column)
      return
    }
    checkSignal(signal)
    await store.batch(operations, { signal })
    for (const { column } of writes) told(column)
  } else await storeAll(store, segments, writes, told, signal)
  // A store may not look at the signal; past this line there is no way back.
  checkSignal(signal)
  await store.store(head.key, head.value, { signal })
}

// Several at once; after a failure no new write begins, and the call ends only when those under way have ended,
// so that nothing of this write is still moving when the next one starts.
async function storeAll(
  store: Store,
  segments: readonly { key: string; value: Uint8Array }[],
  writes: readonly Write[],
  told: (column: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let i = 0; i < segments.length; i += writesAtOnce) {
    checkSignal(signal)
    const results = await Promise.allSettled(
      segments.slice(i, i + writesAtOnce).map(async ({ key, value }, j) => {
        await store.store(key, value, { signal })
        told(writes[i + j]!.column)
      }),
    )
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
}
