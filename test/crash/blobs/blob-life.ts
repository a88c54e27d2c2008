import { createHash } from 'node:crypto'
import type { DiskBlobStore, DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import type { BlobMeta, LoadedBlob } from '../../../src/blob/index.ts'
import type { Random } from '../random.ts'
import type { BlobProcess } from './blob-disk.ts'

/** With what every process opens the directory. */
export type BlobConfig = Required<Pick<DiskBlobStoreOptions, 'layout' | 'durability'>> &
  Pick<DiskBlobStoreOptions, 'maxBytes' | 'maxCount'>

/** A workload: what processes do to one directory, one after the other. */
export interface BlobLife {
  readonly title: string
  readonly config: BlobConfig
  readonly steps: (random: Random) => readonly BlobStep[]
}

/** What is put: everything about a blob tells its number. */
export type Tick = number

/** What a step works with. */
export interface StepContext {
  readonly store: DiskBlobStore
  readonly process: BlobProcess
  /** To be called once a name is what the step makes it; all names are when it ends. */
  readonly acknowledge: (id: string) => void
}

/** One thing that a process does. */
export interface BlobStep {
  readonly title: string
  /** By id: what may be there afterwards. What is not named stays, or is given up for room. */
  readonly touches: ReadonlyMap<string, readonly (Tick | undefined)[]>
  readonly run: (context: StepContext) => Promise<unknown>
  /** The process is killed after so many operations of the step, and another one begins. */
  readonly killAfter?: number | undefined
  /** The process ends after it, and another one begins. */
  readonly isLast?: boolean | undefined
}

/** A name of a blob: namespace and key. */
export interface BlobId {
  readonly namespace: string
  readonly key: string
}

/** All names that lives use. A key is a prefix of another, and so is a namespace. */
export const blobIds: readonly BlobId[] = [
  { namespace: 'a', key: 'k' },
  { namespace: 'a', key: 'k1' },
  { namespace: 'a', key: 'd/k' },
  { namespace: 'a', key: 'd/x' },
  { namespace: 'ab', key: 'k' },
  { namespace: 'ab', key: 'x' },
]

export function idOf({ namespace, key }: BlobId): string {
  return `${namespace} ${key}`
}

// Empty, of one write, and of more than one.
const sizes = [300, 70_000, 40, 1200, 0, 9000, 10, 4000]
export const maxBodyBytes = 70_000

// Some have the body of the one before, so that body and metadata of two puts can only be told apart by both.
function contentOf(tick: Tick): number {
  return tick % 5 === 4 ? tick - 1 : tick
}

/** The body of blob number `tick`. */
export function bodyOf(tick: Tick): Uint8Array {
  const content = contentOf(tick)
  return Buffer.alloc(sizes[content % sizes.length]!, `${content} `)
}

/** The body in pieces. */
export async function* piecesOf(tick: Tick): AsyncGenerator<Uint8Array> {
  const body = bodyOf(tick)
  for (let at = 0; at < body.byteLength; at += 30_000) yield body.subarray(at, at + 30_000)
}

export function etagOf(tick: Tick): string {
  return createHash('sha256').update(bodyOf(tick)).digest('hex')
}

/** Everything else of it. */
export function fieldsOf(tick: Tick): { readonly contentType: string; readonly metadata: Record<string, string> } {
  return { contentType: `of ${tick}`, metadata: { tick: String(tick) } }
}

/** Which blob it is, or what is wrong with it. */
export function tickOf({ meta, bytes }: LoadedBlob): Tick | string {
  const tick = tickOfMeta(meta)
  if (typeof tick === 'string') return tick
  return Buffer.from(bytes).equals(bodyOf(tick)) ? tick : `the metadata of ${tick} and another body`
}

/** Which blob the metadata are of, or what is wrong with them. */
export function tickOfMeta(meta: BlobMeta): Tick | string {
  const tick = Number(meta.metadata['tick'])
  if (!Number.isSafeInteger(tick) || meta.contentType !== `of ${tick}`) return 'metadata that were never put'
  const isWhole = meta.etag === etagOf(tick) && meta.size === bodyOf(tick).byteLength
  return isWhole ? tick : `the metadata of ${tick} with the etag or size of another`
}
