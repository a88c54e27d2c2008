import { CacheError } from '../errors.ts'
import type { Cipher } from '../snapshot/aes-gcm.ts'
import { listCacheNames } from '../snapshot/cache-names.ts'
import type { HeadColumn } from '../snapshot/head.ts'
import type { OpenedHead } from '../snapshot/head-seal.ts'
import { snapshotKeys } from '../snapshot/keys.ts'
import { readColumn } from '../snapshot/read-column.ts'
import { readElements } from '../snapshot/read-elements.ts'
import { listHeads, readHead, walkHeads } from '../snapshot/read-heads.ts'
import type { Source } from '../snapshot/read-pieces.ts'
import { HeadProblem, type Problem } from '../snapshot/report.ts'
import type { Store } from '../store/store.ts'
import { noCache, notFound } from './cli-failure.ts'
import type { ProgressBar } from './progress-bar.ts'
import type { ColumnContent, StoredColumn, StoredProblem, StoredState } from './stored-state.ts'

/** Which state of a store to open. */
export interface StateChoice {
  /** `undefined`: the only cache there is. */
  readonly cache: string | undefined
  /** `undefined`: the newest that can be read. */
  readonly generation?: number | undefined
  /** Whether every column is read at once: then the newest whose every column is whole is taken, as a load would. */
  readonly isWhole: boolean
}

/** How to read. */
export interface ReadCall {
  readonly cipher: Cipher | undefined
  readonly signal: AbortSignal
  readonly progress: ProgressBar
}

/** Where the cache `name` of `store` is read from. */
export function sourceOf(store: Store, name: string, { cipher }: Pick<ReadCall, 'cipher'>): Source {
  return { store, keys: snapshotKeys(name), cipher }
}

/** Opens one snapshot of a store. */
export async function openSnapshot(store: Store, choice: StateChoice, call: ReadCall): Promise<StoredState> {
  const names = await listCacheNames(store, call.signal)
  const cache = choice.cache ?? (names.length === 1 ? names[0]! : undefined)
  if (cache === undefined) {
    return notFound(
      names.length === 0 ? 'There is no cache' : `There are several caches, name one: ${names.join(', ')}`,
    )
  }
  if (!names.includes(cache)) return noCache(cache, names)
  const source = sourceOf(store, cache, call)
  return choice.generation === undefined
    ? await openNewest(source, cache, choice, call)
    : await openGeneration(source, cache, choice.generation, call)
}

async function openGeneration(source: Source, cache: string, generation: number, call: ReadCall): Promise<StoredState> {
  const listed = await listHeads(source, call.signal)
  const found = listed.find(head => head.generation === generation)
  const known = listed.map(head => head.generation).join(', ')
  if (found === undefined) return notFound(`There is no generation ${generation} of "${cache}", found ${known}`)
  const head = await asCacheErrors(readHead(source, found, call.signal))
  if (head === undefined) return notFound(`Generation ${generation} of "${cache}" was removed meanwhile`)
  return stateOf(source, cache, head, [], new Map(), call)
}

async function openNewest(
  source: Source,
  cache: string,
  { isWhole }: StateChoice,
  call: ReadCall,
): Promise<StoredState> {
  const read = async (head: OpenedHead): Promise<Map<string, ColumnContent>> => {
    const contents = new Map<string, ColumnContent>()
    if (!isWhole) return contents
    for (const column of head.columns) contents.set(column.name, await readContent(source, column, call))
    return contents
  }
  const { head, result, problems } = await walkHeads(source, read, call.signal)
  if (head !== undefined && result !== undefined) return stateOf(source, cache, head, problems, result, call)
  const [first] = problems
  if (first === undefined) return notFound(`There is no snapshot of "${cache}"`)
  throw problemError(first)
}

function stateOf(
  source: Source,
  cache: string,
  head: OpenedHead,
  problems: readonly Problem[],
  contents: ReadonlyMap<string, ColumnContent>,
  call: ReadCall,
): StoredState {
  return {
    cache,
    generation: head.generation,
    savedAtMs: head.savedAtMs,
    schemaVersion: head.schemaVersion,
    columns: head.columns.map(columnOf),
    problems: problems.map(storedProblem),
    read: async ({ name }) => {
      const known = contents.get(name)
      if (known !== undefined) return known
      return await asCacheErrors(readContent(source, head.columns.find(column => column.name === name)!, call))
    },
  }
}

/** What a head says of a column. */
export function columnOf({ name, shape, count, pieces }: HeadColumn): StoredColumn {
  return { name, shape, count, bytes: pieces.reduce((sum, piece) => sum + piece.length, 0), pieces: pieces.length }
}

async function readContent(source: Source, column: HeadColumn, call: ReadCall): Promise<ColumnContent> {
  let done = 0
  const onPiece = (): void => call.progress.show(column.name, ++done, column.pieces.length)
  const options = { signal: call.signal, onPiece, everything: true }
  const { shape } = column
  if (shape === 'plain') return { shape, value: await readColumn(source, column, options) }
  const { keys, values, order, slots } = await readElements(source, column, { keys: true, pages: true }, options)
  const live = order ?? Array.from({ length: slots }, (_, slot) => slot)
  return { shape, elements: live.map(slot => [keys![slot]!, values[slot]] as const) }
}

async function asCacheErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof HeadProblem ? problemError(error.problem) : error
  }
}

function problemError({ code, message, key, cause }: Problem): CacheError {
  const isNamed = code === 'DECRYPT_FAILED' || code === 'FORMAT_NEWER'
  return new CacheError(isNamed ? code : 'CORRUPT', withHint({ code, message }), { cause, key })
}

/** The message of a problem, with what the user can do about it here. */
export function withHint({ code, message }: Pick<StoredProblem, 'code' | 'message'>): string {
  return code === 'DECRYPT_FAILED' ? `${message}; see --key-file` : message
}

/** A problem of a report without what is no plain data. */
export function storedProblem({ code, message, key, generation }: Problem): StoredProblem & { generation?: number } {
  return { code, message, key, ...(generation === undefined ? {} : { generation }) }
}
