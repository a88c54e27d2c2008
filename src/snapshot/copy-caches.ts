import { digest } from '../bytes/digest.ts'
import { sameBytes } from '../core/same-bytes.ts'
import { CacheError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { listCacheNames } from './cache-names.ts'
import type { Copied, CopyOptions } from './copy-options.ts'
import type { Head, Piece } from './head.ts'
import { type OpenedHead, sealHead } from './head-seal.ts'
import { findGarbage, type Inventory, namedKeys, sweep, takeInventory } from './inventory.ts'
import { snapshotKeys } from './keys.ts'
import { changeAs } from './last-writer.ts'
import { readColumn } from './read-column.ts'
import { readHead, walkHeads } from './read-heads.ts'
import { pieceKey, type Source } from './read-pieces.ts'
import { HeadProblem, type Problem } from './report.ts'
import { resolveCodec } from './snapshot-options.ts'

/** Does what `copySnapshot` says. */
export async function copyCaches(from: Store, to: Store, options: CopyOptions): Promise<Copied[]> {
  const { cipher } = resolveCodec(options.codec ?? 'auto')
  const names = options.name === undefined ? await listCacheNames(from, options.signal) : [options.name]
  const copied: Copied[] = []
  for (const name of names) {
    const keys = snapshotKeys(name)
    const target = { store: to, keys, cipher }
    const copy = (): Promise<Copied> => copyOne(name, { store: from, keys, cipher }, target, options)
    copied.push(await changeAs(target, undefined, copy))
  }
  return copied
}

async function copyOne(name: string, from: Source, to: Source, options: CopyOptions): Promise<Copied> {
  const { signal } = options
  const head = await findWhole(name, from, options)
  const inventory = await takeInventory(to, signal)
  if (inventory.heads.length > 0 && options.replace !== true) {
    throw new CacheError('ALREADY_EXISTS', `Cannot copy "${name}": the target has a snapshot of that name`)
  }
  const missing = await missingKeys(to, head, signal)
  const heads = await readableHeads(to, inventory.heads, signal)
  const [previous] = await removeBroken(to, heads, missing, signal)
  // Above whatever the target has, so that the copy becomes its newest.
  const generation = Math.max(head.generation, inventory.generation + 1)
  const copy: Head = { ...head, generation }
  let bytes = 0
  for (const column of head.columns) {
    let done = 0
    const total = column.pieces.length
    for (const piece of column.pieces) {
      if (piece.inline === undefined) bytes += await copyPiece(from, to, column.name, piece, missing, signal)
      options.onProgress?.({ column: column.name, done: ++done, total })
    }
  }
  const key = to.keys.head(copy)
  // Under the key of the segments: a head under a newer one would hide that they still wait to be sealed with it.
  const cipher = head.keyId === undefined ? undefined : to.cipher?.withKey(head.keyId)
  const headBytes = await sealHead(copy, key, cipher)
  await to.store.store(key, headBytes, { signal })
  const written = await readHead(to, { key, kind: 'head', generation, nonce: head.nonce }, signal)
  if (written === undefined)
    throw new CacheError('IO', `Cannot copy "${name}": the head is not there after it was stored`)
  const kept = previous === undefined ? ([written] as const) : ([written, previous] as const)
  await sweep(to.store, findGarbage(to.keys, inventory, kept), signal)
  return { name, generation, columns: head.columns.map(column => column.name), bytes: bytes + headBytes.byteLength }
}

async function findWhole(name: string, from: Source, { signal }: CopyOptions): Promise<OpenedHead> {
  const decodeAll = async (head: OpenedHead): Promise<true> => {
    for (const column of head.columns) await readColumn(from, column, { signal, everything: true })
    return true
  }
  const { head, problems } = await walkHeads(from, decodeAll, signal)
  if (head !== undefined) return head
  const [problem]: readonly Problem[] = problems
  if (problem === undefined) throw new CacheError('NOTHING_CACHED', `Cannot copy "${name}": no snapshot is stored`)
  const code = problem.code === 'FORMAT_NEWER' || problem.code === 'DECRYPT_FAILED' ? problem.code : 'CORRUPT'
  throw new CacheError(code, `Cannot copy "${name}": ${problem.message}`, { cause: problem.cause, key: problem.key })
}

// Keys of the segments that the target does not have as they are in the source.
async function missingKeys(to: Source, head: Head, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  const missing = new Set<string>()
  for (const { name, pieces } of head.columns) {
    for (const piece of pieces) {
      if (piece.inline !== undefined) continue
      const key = pieceKey(to.keys, name, piece)
      if (!isPiece(await to.store.load(key, { signal }), piece)) missing.add(key)
    }
  }
  return missing
}

/** The heads that can be read, newest first. */
async function readableHeads(
  source: Source,
  heads: Inventory['heads'],
  signal: AbortSignal | undefined,
): Promise<OpenedHead[]> {
  const readable: OpenedHead[] = []
  for (const listed of heads) {
    try {
      const head = await readHead(source, listed, signal)
      if (head !== undefined) readable.push(head)
    } catch (error) {
      if (!(error instanceof HeadProblem)) throw error
      const { code, message, key, cause } = error.problem
      const isNewest = readable.length === 0
      if (isNewest && code === 'FORMAT_NEWER') throw new CacheError('FORMAT_NEWER', message, { cause, key })
    }
  }
  return readable
}

// A segment keeps its name in a copy. So a head of the target that lost a segment would come back to life with it, half-way
// through the copy, and a load would give a snapshot that had long been given up: such heads go first.
async function removeBroken(
  to: Source,
  heads: readonly OpenedHead[],
  missing: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<OpenedHead[]> {
  const whole: OpenedHead[] = []
  for (const head of heads) {
    const isBroken = [...namedKeys(to.keys, head)].some(key => missing.has(key))
    if (isBroken) await to.store.remove(to.keys.head(head), { signal })
    else whole.push(head)
  }
  return whole
}

async function copyPiece(
  from: Source,
  to: Source,
  column: string,
  piece: Piece,
  missing: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const key = pieceKey(from.keys, column, piece)
  const value = await from.store.load(key, { signal })
  checkPiece(value, piece, key)
  // What is there already, of an earlier copy, is not written over: a store that writes in place could tear it.
  if (!missing.has(key)) return piece.length
  await to.store.store(key, value!, { signal })
  checkPiece(await to.store.load(key, { signal }), piece, key)
  return piece.length
}

function isPiece(bytes: Uint8Array | undefined, piece: Piece): boolean {
  return bytes !== undefined && sameBytes(digest(bytes), piece.digest)
}

function checkPiece(bytes: Uint8Array | undefined, piece: Piece, key: string): void {
  if (!isPiece(bytes, piece)) throw new CacheError('CORRUPT', 'Cannot copy: a segment changed on its way', { key })
}
