import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BlobContender } from './blob-contender.ts'
import { blobContenders } from './blob-contenders.ts'
import type { BlobResults } from './blob-goals.ts'
import { measureBodies } from './measure-bodies.ts'
import { measureEntries, measureEviction } from './measure-entries.ts'

/** What to measure. */
export interface BlobBench {
  /** Of contenders. */
  readonly ids: readonly string[]
  readonly sizes: readonly number[]
  readonly rounds: number
  readonly calls: number
  readonly streamBytes: number | undefined
  /** 0: do not measure. */
  readonly entries: number
  readonly full: readonly number[]
  readonly directory: string
  readonly onProgress: (line: string) => void
}

const roundBytes = 64 * 1024 * 1024
const evictingPuts = 500
const entryRounds = 5

export async function runBlobBench(bench: BlobBench): Promise<{ results: BlobResults; leftOut: string[] }> {
  const { ids, sizes, rounds, calls, streamBytes, entries: wanted, full, directory, onProgress } = bench
  const unknown = ids.filter(id => !blobContenders.some(contender => contender.id === id))
  if (unknown.length > 0) throw new RangeError(`No contender ${unknown.join(', ')}`)
  const chosen = blobContenders.filter(({ id }) => ids.includes(id))
  const contenders: BlobContender[] = []
  const leftOut: string[] = []
  for (const contender of chosen) {
    const reason = await probe(contender, join(directory, 'probe'))
    if (reason === undefined) contenders.push(contender)
    else leftOut.push(`${contender.title}: ${reason}`)
  }
  onProgress(`bodies: ${contenders.map(({ id }) => id).join(', ')}`)
  const bodies = await measureBodies({ contenders, sizes, rounds, calls, roundBytes, streamBytes, directory })
  if (wanted > 0) onProgress(`${wanted} entries`)
  const entries = wanted > 0 ? await measureEntries(join(directory, 'many'), wanted, entryRounds) : undefined
  if (full.length > 0) onProgress(`full with ${full.join(', ')} entries`)
  const eviction = await measureEviction(directory, full, Math.min(evictingPuts, ...full))
  return { results: { bodies, entries, eviction }, leftOut }
}

// Why a contender cannot be measured here.
async function probe(contender: BlobContender, directory: string): Promise<string | undefined> {
  try {
    const opened = await contender.open(directory)
    try {
      await opened.put('probe', new Uint8Array(10))
    } finally {
      await opened.close()
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
