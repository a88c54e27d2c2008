import type { BlobProblem } from '../blob/blob-problem.ts'
import { isCacheError } from '../errors.ts'
import { listBlobNamespaces, namespacesOf } from './blob-namespaces.ts'
import type { OpenBlobs } from './open-blobs.ts'
import type { ProgressBar } from './progress-bar.ts'
import type { StoredProblem } from './stored-state.ts'

/** A blob that is not what was put. */
export interface DamagedBlob extends StoredProblem {
  readonly namespace: string
}

/** What a check of blobs found. */
export interface CheckedBlobs {
  readonly count: number
  readonly bytes: number
  readonly problems: readonly DamagedBlob[]
}

/** Reads and checks every body; blobs that are opened for reading stay as they are. */
export async function checkBlobs(opened: OpenBlobs, signal: AbortSignal, progress: ProgressBar): Promise<CheckedBlobs> {
  const known = opened.kind === 'store' ? await listBlobNamespaces({ kind: 'store', store: opened.store! }, signal) : []
  const names =
    opened.kind === 'store' ? known.map(each => each.namespace) : await namespacesOf(opened.path, opened.kind)
  let count = 0
  let bytes = 0
  for (const namespace of names) {
    const keys: string[] = []
    for await (const { key } of opened.blobs.list(namespace, { signal })) keys.push(key)
    for (const [i, key] of keys.entries()) {
      progress.show(`${namespace}/${key}`, i + 1, keys.length)
      const size = await readThrough(opened, namespace, key, signal)
      if (size === undefined) continue
      count++
      bytes += size
    }
  }
  const found = new Map(opened.problems.map(problem => [`${problem.namespace}\n${problem.key}`, damagedBlob(problem)]))
  return { count, bytes, problems: [...found.values()] }
}

async function readThrough(
  { blobs }: OpenBlobs,
  namespace: string,
  key: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const opened = await blobs.open(namespace, key, { signal })
    if (opened === undefined) return undefined
    for await (const _chunk of opened.stream) signal.throwIfAborted()
    return opened.meta.size
  } catch (error) {
    // The store has told of it.
    if (isCacheError(error, 'CORRUPT')) return undefined
    throw error
  }
}

function damagedBlob({ namespace, key, error }: BlobProblem): DamagedBlob {
  const message = error instanceof Error ? error.message : String(error)
  return { code: isCacheError(error) ? error.code : 'IO', message, namespace, key }
}
