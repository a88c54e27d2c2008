import { utf8Decode } from '../bytes/utf8.ts'
import {
  columnKeys,
  decodeColumn,
  decodePeer,
  decodeSelf,
  decodeUser,
  recordKind,
  selfKey,
} from '../netmap/plain-records.ts'
import { headOwner } from '../snapshot/cache-names.ts'
import type { Progress } from '../snapshot/call-options.ts'
import { takeInventory } from '../snapshot/inventory.ts'
import { snapshotKeys } from '../snapshot/keys.ts'
import { verifySnapshots } from '../snapshot/maintenance.ts'
import { listHeads } from '../snapshot/read-heads.ts'
import type { Store } from '../store/store.ts'
import { type ReadCall, sourceOf, storedProblem } from './snapshot-state.ts'
import type { StoredProblem } from './stored-state.ts'

const maxRounds = 5

/** What is in order, and what is not, of one cache. */
export interface CheckedCache {
  readonly cache: string
  /** Whether the newest snapshot, or having none, is in order. */
  readonly ok: boolean
  /** Generations that are whole, newest first. */
  readonly whole: readonly number[]
  readonly problems: readonly (StoredProblem & { readonly generation?: number | undefined })[]
  /** Keys that no whole snapshot needs. */
  readonly unused: readonly string[]
}

/** Reads and checks every byte of every cache in `store`, or of the one called `name`. */
export async function checkCaches(store: Store, name: string | undefined, call: ReadCall): Promise<CheckedCache[]> {
  const names = name === undefined ? await cacheNames(store, call.signal) : [name]
  const checked: CheckedCache[] = []
  for (const cache of names) checked.push(await checkCache(store, cache, call))
  return checked
}

// A writer that is at work sweeps what is just being read: then there is another newest head by now, and it is done again.
async function checkCache(store: Store, cache: string, call: ReadCall): Promise<CheckedCache> {
  const source = sourceOf(store, cache, call)
  const { signal } = call
  const onProgress = ({ column, done, total }: Progress): void => call.progress.show(`${cache} ${column}`, done, total)
  for (let round = 1; ; round++) {
    const [before] = await listHeads(source, signal)
    const { ok, whole, problems, unused } = await verifySnapshots(source, { signal, onProgress })
    const [after] = problems.length === 0 ? [before] : await listHeads(source, signal)
    if (after?.key === before?.key || round === maxRounds) {
      return { cache, ok, whole, problems: problems.map(storedProblem), unused }
    }
  }
}

/** Also of caches that have segments and no head: what is left of a first store that was cut off, or of lost heads. */
export async function cacheNames(store: Store, signal: AbortSignal): Promise<string[]> {
  const names = new Set<string>()
  for await (const key of store.list('', { signal })) {
    const name = headOwner(key) ?? segmentOwner(key)
    if (name !== undefined) names.add(name)
  }
  return [...names]
}

function segmentOwner(key: string): string | undefined {
  const at = key.lastIndexOf('/', key.lastIndexOf('/') - 1)
  if (at <= 0) return undefined
  const name = key.slice(0, at)
  return snapshotKeys(name).parse(key) === undefined ? undefined : name
}

/** The keys that a repair of a cache removes, in an order that leaves whole what is whole wherever it is cut off. */
export async function repairPlan(store: Store, checked: CheckedCache, call: ReadCall): Promise<readonly string[]> {
  const source = sourceOf(store, checked.cache, call)
  const { heads, segments, attempts } = await takeInventory(source, call.signal)
  const unused = new Set(checked.unused)
  // A head goes before what it names.
  const broken = heads.filter(head => unused.has(head.key)).map(head => head.key)
  const others = [...segments.keys()].filter(key => unused.has(key))
  const kept = new Set(heads.filter(head => !unused.has(head.key)).map(head => `${head.generation}-${head.nonce}`))
  const marks = attempts.filter(({ generation, nonce }) => !kept.has(`${generation}-${nonce}`)).map(({ key }) => key)
  return [...broken.reverse(), ...others, ...marks]
}

/** Whether a cache of which nothing is whole has heads: then it is damaged, not just what is left of one. */
export function hasHeads({ cache, unused }: CheckedCache): boolean {
  const keys = snapshotKeys(cache)
  return unused.some(key => keys.parse(key)?.kind === 'head')
}

/** Whether some of a cache cannot be judged: it is sealed with another key, or of a newer version. */
export function isBeyondUs({ problems }: CheckedCache): boolean {
  return problems.some(({ code }) => code === 'DECRYPT_FAILED' || code === 'FORMAT_NEWER')
}

/** What is wrong with the records of a Tailscale directory. */
export async function checkRecords(store: Store, signal: AbortSignal): Promise<StoredProblem[]> {
  const problems: StoredProblem[] = []
  const keys: string[] = []
  for await (const key of store.list('', { signal })) if (recordKind(key) !== undefined) keys.push(key)
  for (const key of keys) {
    const bytes = await store.load(key, { signal })
    if (bytes === undefined) continue
    try {
      decodeRecord(key, utf8Decode(bytes))
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      problems.push({ code: 'DECODE_FAILED', message: `Cannot read record ${key}: ${reason}`, key })
    }
  }
  if (!keys.includes(selfKey)) {
    problems.push({ code: 'RECORD_MISSING', message: `Record ${selfKey} is missing, without which nothing loads` })
  }
  return problems
}

function decodeRecord(key: string, text: string): void {
  const kind = recordKind(key)
  if (kind === 'peer') decodePeer(key, text)
  else if (kind === 'user') decodeUser(key, text)
  else if (key === selfKey) decodeSelf(text)
  else if (columnKeys.includes(key)) decodeColumn(key, text)
}
