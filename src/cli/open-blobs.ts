import type { BlobProblem } from '../blob/blob-problem.ts'
import type { BlobStore } from '../blob/blob-store.ts'
import type { Store } from '../store/store.ts'
import { wrongUsage } from './cli-failure.ts'
import type { CliIo } from './cli-io.ts'
import { type DirectoryTarget, openStore, type StoreMode } from './open-store.ts'

/** A directory whose blobs are open. */
export interface OpenBlobs {
  readonly kind: 'blobs' | 'diskblob' | 'store'
  readonly path: string
  readonly blobs: BlobStore
  /** What the blobs lie in, if that is a store. */
  readonly store: Store | undefined
  /** What was found damaged so far. */
  readonly problems: readonly BlobProblem[]
  [Symbol.asyncDispose](): Promise<void>
}

/** Opens the blobs of a directory: of a blob directory, of a diskblob directory, or in a store. */
export async function openBlobs(target: DirectoryTarget, mode: StoreMode, io: CliIo): Promise<OpenBlobs> {
  const { kind, path } = target
  const problems: BlobProblem[] = []
  const onProblem = (problem: BlobProblem): void => void problems.push(problem)
  if (kind === 'tailscale') return wrongUsage(`${path} is a Tailscale directory, which has no blobs`)
  if (kind === 'blobs' || kind === 'diskblob') {
    const { DiskBlobStore } = await import('../blob/disk/disk-blob-store.ts')
    const layout = kind === 'blobs' ? 'native' : 'diskblob'
    const options = { layout, onProblem, readOnly: mode === 'read', clock: io.now, signal: io.signal } as const
    const blobs = await DiskBlobStore.open(path, options)
    return { kind, path, blobs, store: undefined, problems, [Symbol.asyncDispose]: () => blobs.close() }
  }
  const { storeBlobs } = await import('../blob/store-blobs.ts')
  const opened = await openStore(target, mode, io)
  const blobs = storeBlobs(opened.store, { onProblem, clock: io.now })
  return {
    kind: 'store',
    path,
    blobs,
    store: opened.store,
    problems,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}
