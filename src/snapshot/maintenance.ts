import type { CallOptions } from './call-options.ts'
import { namedKeys, removeAll, takeInventory } from './inventory.ts'
import { changeAs } from './last-writer.ts'
import { ageMs } from './load-state.ts'
import { readColumn } from './read-column.ts'
import { type HeadKey, listHeads, readHead } from './read-heads.ts'
import type { Source } from './read-pieces.ts'
import { HeadProblem, type Problem } from './report.ts'

/** One snapshot whose head is stored. */
export interface Generation {
  /** Counts snapshots; a later one has a higher number. */
  readonly generation: number
  /** When it was stored, by the clock of whoever stored it. */
  readonly savedAt: Date
  /** In milliseconds, never negative. */
  readonly ageMs: number
  /** The option `schemaVersion` of the cache that stored it. */
  readonly schemaVersion: number
  /** Names of its columns, in the order of the state's fields. */
  readonly columns: readonly string[]
  /** Size of its segments, in bytes; segments are shared with other generations. */
  readonly bytes: number
}

/** What {@link SnapshotCache.verify} found. */
export interface Verification {
  /** Whether the newest snapshot, or having none, is in perfect order. */
  readonly ok: boolean
  /** Generations that are whole, newest first. */
  readonly whole: readonly number[]
  /** Everything that is wrong, of all generations. */
  readonly problems: readonly Problem[]
  /** Keys of this cache that no whole head names: the next store removes them. */
  readonly unused: readonly string[]
}

export async function listGenerations(
  source: Source,
  now: number,
  signal: AbortSignal | undefined,
): Promise<Generation[]> {
  const generations: Generation[] = []
  for (const listed of await listHeads(source, signal)) {
    const head = await readWhole(
      () => readHead(source, listed, signal),
      () => undefined,
    )
    if (head === undefined) continue
    generations.push({
      generation: head.generation,
      savedAt: new Date(head.savedAtMs),
      ageMs: ageMs(head, now),
      schemaVersion: head.schemaVersion,
      columns: head.columns.map(column => column.name),
      bytes: head.columns.flatMap(column => column.pieces).reduce((sum, piece) => sum + piece.length, 0),
    })
  }
  return generations
}

/** Reads everything; a newest head that is not whole makes `ok` false. */
export async function verifySnapshots(source: Source, options: CallOptions): Promise<Verification> {
  const inventory = await takeInventory(source, options.signal)
  const whole: number[] = []
  const problems: Problem[] = []
  const used = new Set<string>()
  for (const listed of inventory.heads) {
    const note = (problem: Problem): void => {
      problems.push({ generation: listed.generation, ...problem })
    }
    const named = await readWhole(() => verifyHead(source, listed, options), note)
    if (named === undefined) continue
    whole.push(listed.generation)
    for (const key of [listed.key, ...named]) used.add(key)
  }
  const keys = [...inventory.heads.map(head => head.key), ...inventory.segments.keys()]
  const [newest] = inventory.heads
  const ok = newest === undefined || whole.includes(newest.generation)
  return { ok, whole, problems, unused: keys.filter(key => !used.has(key)) }
}

async function verifyHead(
  source: Source,
  listed: HeadKey,
  options: CallOptions,
): Promise<ReadonlySet<string> | undefined> {
  const head = await readHead(source, listed, options.signal)
  if (head === undefined) return undefined
  for (const column of head.columns) {
    let done = 0
    const total = column.pieces.length
    const onPiece = (): void => options.onProgress?.({ column: column.name, done: ++done, total })
    await readColumn(source, column, { signal: options.signal, onPiece, everything: true })
  }
  return namedKeys(source.keys, head)
}

async function readWhole<T>(read: () => Promise<T>, note: (problem: Problem) => void): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof HeadProblem)) throw error
    note(error.problem)
    return undefined
  }
}

/**
 * Removes everything of a cache: heads from the oldest to the newest, then the rest. Cut off at any point it leaves the
 * newest snapshot whole, or none. `unsure` are keys whose removal failed before: gone, perhaps not for good. It is kept.
 */
export async function clearSnapshots(
  source: Source,
  unsure: Set<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await changeAs(source, undefined, async () => {
    const { heads, segments, attempts } = await takeInventory(source, signal)
    const headKeys = heads.map(head => head.key).reverse()
    for (const key of [...headKeys, ...segments.keys(), ...attempts.map(attempt => attempt.key)]) unsure.add(key)
    const others = [...unsure].filter(key => !headKeys.includes(key))
    await removeAll(source.store, headKeys, signal)
    await removeAll(source.store, others, signal)
    unsure.clear()
  })
}
