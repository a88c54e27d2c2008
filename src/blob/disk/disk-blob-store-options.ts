import { checkBoolean, checkInteger, checkOneOf, checkOptionNames, checkSignal } from '../../core/check.ts'
import { type Durability, durabilities } from '../../store/durability.ts'
import { type FileSystem, realFileSystem } from '../../store/file-io.ts'
import type { OnBlobProblem } from '../blob-problem.ts'
import type { QuotaLimits } from './quota.ts'

/** How blobs become files: `'native'`, one file each; `'diskblob'`, the two files of terraci's program. */
export type BlobLayoutName = 'native' | 'diskblob'

/** Options of {@link DiskBlobStore.open}. */
export interface DiskBlobStoreOptions {
  /**
   * What a resolved put has survived. `'power'` flushes every file and its directory; `'process'` flushes nothing.
   * @default 'power'
   */
  readonly durability?: Durability | undefined
  /**
   * How many bytes all bodies together may have; what was not used for the longest time goes, what has expired first.
   * Every process that opens the directory should give the same limits.
   * @default unlimited
   */
  readonly maxBytes?: number | undefined
  /** How many blobs there may be. @default unlimited */
  readonly maxCount?: number | undefined
  /**
   * For how long after `expiresAt` a blob is not yet the first to go when room is needed, in milliseconds: the grace time of
   * the cache, so that what it would serve stale is kept.
   * @default 0
   */
  readonly graceMs?: number | undefined
  /** How blobs lie in the directory. @default 'native' */
  readonly layout?: BlobLayoutName | undefined
  /**
   * Whether equal bodies are stored once, and counted once in the limits. It is about what is put from now on: a directory may
   * hold both kinds, and is read and written with and without the option. Only with layout `'native'`, and where the file system
   * has hard links (`UNAVAILABLE`).
   * @default false
   */
  readonly contentAddressed?: boolean | undefined
  /** What `updatedAt` is taken from, in milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
  /** Is told of damaged blobs, and of blobs that could not be removed. What it throws is ignored. */
  readonly onProblem?: OnBlobProblem | undefined
  /**
   * Only read: changes nothing on disk, not even what is damaged; puts and deletes are refused with `READ_ONLY`.
   * @default false
   */
  readonly readOnly?: boolean | undefined
  /** Ends the wait for `open` with `ABORTED`. */
  readonly signal?: AbortSignal | undefined
  /** Internal, for tests that let the file system fail: the calls to make instead of the real ones. */
  readonly io?: FileSystem | undefined
}

const optionNames = [
  'durability',
  'maxBytes',
  'maxCount',
  'graceMs',
  'layout',
  'contentAddressed',
  'clock',
  'onProblem',
  'readOnly',
  'signal',
  'io',
] as const

/** {@link DiskBlobStoreOptions} with defaults. */
export interface ResolvedDiskBlobStoreOptions {
  readonly durability: Durability
  readonly layout: BlobLayoutName
  readonly contentAddressed: boolean
  readonly limits: QuotaLimits
  readonly clock: () => number
  readonly onProblem: OnBlobProblem | undefined
  readonly readOnly: boolean
  readonly signal: AbortSignal | undefined
  readonly system: FileSystem
}

/** Checks options and fills in defaults: a TypeError or RangeError for a wrong one. */
export function resolveDiskBlobStoreOptions(options: DiskBlobStoreOptions): ResolvedDiskBlobStoreOptions {
  checkOptionNames(options, optionNames)
  const { durability = 'power', layout = 'native', graceMs = 0, clock = Date.now, readOnly = false } = options
  const { contentAddressed = false, maxBytes, maxCount, onProblem, signal, io: system = realFileSystem } = options
  checkOneOf('durability', durability, durabilities)
  checkOneOf('layout', layout, ['native', 'diskblob'])
  checkBoolean('contentAddressed', contentAddressed)
  if (contentAddressed && layout !== 'native') {
    throw new RangeError(`Option contentAddressed needs layout native, received ${layout}`)
  }
  if (maxBytes !== undefined) checkInteger('maxBytes', maxBytes, 1)
  if (maxCount !== undefined) checkInteger('maxCount', maxCount, 1)
  checkInteger('graceMs', graceMs, 0)
  checkFunction('clock', clock)
  if (onProblem !== undefined) checkFunction('onProblem', onProblem)
  checkBoolean('readOnly', readOnly)
  checkSignal(signal)
  const limits = {
    maxBytes: maxBytes ?? Number.POSITIVE_INFINITY,
    maxCount: maxCount ?? Number.POSITIVE_INFINITY,
    graceMs,
  }
  return { durability, layout, contentAddressed, limits, clock, onProblem, readOnly, signal, system }
}

function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`Option ${name} must be a function, received ${typeof value}`)
}
