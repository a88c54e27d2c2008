import { type OpenedHead, openHead } from './head-seal.ts'
import type { ParsedKey } from './keys.ts'
import { fromStore, problemOf, type Source } from './read-pieces.ts'
import { HeadProblem, type Problem } from './report.ts'

/** A head's key, and what it says. */
export interface HeadKey extends ParsedKey {
  readonly key: string
}

/** The keys of all heads, newest first. */
export async function listHeads(source: Source, signal: AbortSignal | undefined): Promise<HeadKey[]> {
  const heads: HeadKey[] = []
  for await (const key of source.store.list(source.keys.headPrefix, { signal })) {
    const parsed = source.keys.parse(key)
    if (parsed !== undefined) heads.push({ ...parsed, key })
  }
  return heads.reverse()
}

/**
 * Reads one head. `undefined` if it is gone (swept since it was listed); throws HeadProblem if it is not whole.
 */
export async function readHead(
  source: Source,
  { key, generation, nonce }: HeadKey,
  signal: AbortSignal | undefined,
): Promise<OpenedHead | undefined> {
  let head: OpenedHead
  let bytes: Uint8Array | undefined
  try {
    bytes = await source.store.load(key, { signal })
  } catch (cause) {
    throw fromStore(cause, { key })
  }
  if (bytes === undefined) return undefined
  try {
    head = await openHead(bytes, key, source.cipher)
  } catch (cause) {
    const code = problemOf(cause)
    const message = (cause as Error).message
    throw new HeadProblem({ code: code === 'DECODE_FAILED' ? 'HEAD_CORRUPT' : code, message, key, generation, cause })
  }
  if (head.generation !== generation || head.nonce !== nonce) {
    const message = 'Cannot read head: it belongs under another key'
    throw new HeadProblem({ code: 'HEAD_CORRUPT', message, key, generation })
  }
  return head
}

/** What a walk over heads ended with. */
export interface Found<Result> {
  readonly result: Result | undefined
  readonly head: OpenedHead | undefined
  readonly problems: readonly Problem[]
  /** Whether `head` is not the newest that is listed. */
  readonly fallback: boolean
}

const maxRounds = 5

/**
 * Goes from the newest head to older ones until `read` succeeds. A HeadProblem thrown by `read` gives up that head; any
 * other error ends the walk. If something was gone because a writer swept in the meantime, there is a newer head by
 * now, and the walk starts again.
 */
export async function walkHeads<Result>(
  source: Source,
  read: (head: OpenedHead, note: (problem: Problem) => void) => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Found<Result>> {
  let heads: HeadKey[]
  try {
    heads = await listHeads(source, signal)
  } catch (cause) {
    const error = fromStore(cause, { key: source.keys.headPrefix })
    if (!(error instanceof HeadProblem)) throw error
    return { result: undefined, head: undefined, problems: [error.problem], fallback: false }
  }
  for (let round = 1; ; round++) {
    const { found, isMoving } = await walkOnce(source, heads, read, signal)
    if (!isMoving || round === maxRounds) return found
    const newest = heads[0]?.key
    heads = await listHeads(source, signal)
    if (heads[0]?.key === newest) return found
  }
}

async function walkOnce<Result>(
  source: Source,
  heads: readonly HeadKey[],
  read: (head: OpenedHead, note: (problem: Problem) => void) => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<{ found: Found<Result>; isMoving: boolean }> {
  const problems: Problem[] = []
  let isMoving = false
  for (const [i, listed] of heads.entries()) {
    const note = (problem: Problem): void => {
      problems.push({ generation: listed.generation, ...problem })
    }
    try {
      const head = await readHead(source, listed, signal)
      if (head === undefined) {
        isMoving = true
        continue
      }
      const result = await read(head, note)
      return { found: { result, head, problems, fallback: i > 0 }, isMoving }
    } catch (error) {
      if (!(error instanceof HeadProblem)) throw error
      note(error.problem)
      if (error.problem.code === 'SEGMENT_MISSING') isMoving = true
    }
  }
  return { found: { result: undefined, head: undefined, problems, fallback: false }, isMoving }
}
