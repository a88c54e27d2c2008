import { join, resolve } from 'node:path'
import { checkBytes, checkPrefix, checkSignal } from '../../core/check.ts'
import { RunningCalls } from '../../core/running-calls.ts'
import { CacheError, isCacheError } from '../../errors.ts'
import type { Durability } from '../../store/durability.ts'
import { fileError, systemCode } from '../../store/file-error.ts'
import type { FileSystem } from '../../store/file-io.ts'
import { canSyncDirectory } from '../../store/store-directory.ts'
import { Turns } from '../../store/turns.ts'
import { type BlobSource, checkSource, streamOf } from '../blob-chunks.ts'
import { type BlobMeta, checkBlobFields } from '../blob-meta.ts'
import { checkBlobKey, checkNamespace } from '../blob-name.ts'
import { checkRange, resolveRange } from '../blob-range.ts'
import type {
  BlobCallOptions,
  BlobDeleteOptions,
  BlobLease,
  BlobLeaseOptions,
  BlobListOptions,
  BlobPutOptions,
  BlobRange,
  BlobStore,
  BlobStoreInfo,
  ListedBlob,
  LoadedBlob,
  OpenBlob,
} from '../blob-store.ts'
import { leaseWait } from '../lease-wait.ts'
import { BlobDirectory } from './blob-directory.ts'
import type { BlobLayout, Place } from './blob-layout.ts'
import { BlobReading, type OpenBody } from './blob-reading.ts'
import { BlobWriting } from './blob-writing.ts'
import { type DiskBlobStoreOptions, resolveDiskBlobStoreOptions } from './disk-blob-store-options.ts'
import { DiskblobLayout } from './diskblob-layout.ts'
import { workFolder } from './diskblob-path.ts'
import { GuardedSource } from './guarded-source.ts'
import { NativeLayout } from './native-layout.ts'
import { sweepWorkFiles } from './work-files.ts'

export type { Durability } from '../../store/durability.ts'
export type { BlobProblem, OnBlobProblem } from '../blob-problem.ts'
export type { BlobLayoutName, DiskBlobStoreOptions } from './disk-blob-store-options.ts'

interface Parts {
  readonly directory: BlobDirectory
  readonly durability: Durability
  readonly reading: BlobReading
  readonly writing: BlobWriting
  readonly readOnly: boolean
}

// Only `open` makes the parts, so that no store exists whose directory was not looked at.
const made = new WeakSet<Parts>()

// Closes the files of streams that were neither read nor cancelled.
const abandoned = new FinalizationRegistry<OpenBody>(body => void body.close())

/**
 * A {@link BlobStore} in a directory, which any number of processes of one machine may use at once. A blob is put by one
 * rename once it is whole: readers see the old one or the new one, and what they have open stays what it is.
 *
 * Bodies may be of any size and are streamed in constant memory. A blob that was damaged on disk is a miss, is told to
 * `onProblem` and removed. Errors: `STORE_FULL`, `VALUE_TOO_LARGE`, `NO_ACCESS`, `READ_ONLY`, `NOT_A_DIRECTORY`, `INVALID_KEY`,
 * `PRECONDITION_FAILED`, `FORMAT_NEWER`, `UNAVAILABLE` (`contentAddressed` without hard links), `TIMEOUT` (another process keeps the
 * key claimed), `CLOSED`, `ABORTED`, and `IO` for the rest.
 */
export class DiskBlobStore implements BlobStore {
  /** Absolute path of the directory. */
  readonly dir: string
  /**
   * The level that puts really have: `'process'` although `'power'` was asked for, where the file system cannot flush a
   * directory (files are flushed all the same).
   */
  readonly durability: Durability
  readonly #directory: BlobDirectory
  readonly #reading: BlobReading
  readonly #writing: BlobWriting
  readonly #readOnly: boolean
  readonly #turns = new Turns()
  readonly #running = new RunningCalls()
  readonly #sources = new Set<GuardedSource>()
  #closed: Promise<void> | undefined

  private constructor(parts: Parts) {
    if (!made.has(parts)) throw new TypeError('DiskBlobStore has no public constructor, use DiskBlobStore.open')
    this.dir = parts.directory.path
    this.durability = parts.durability
    this.#directory = parts.directory
    this.#reading = parts.reading
    this.#writing = parts.writing
    this.#readOnly = parts.readOnly
  }

  /**
   * Opens the directory `dir`, creating it and its parents unless `readOnly`, and removes what writers that died left. Nothing
   * is scanned, however many blobs there are.
   */
  static async open(dir: string, options: DiskBlobStoreOptions = {}): Promise<DiskBlobStore> {
    checkDirectoryPath(dir)
    const resolved = resolveDiskBlobStoreOptions(options)
    const { durability: asked, limits, clock, onProblem, readOnly, signal, system } = resolved
    const path = resolve(dir)
    try {
      const isNative = resolved.layout === 'native'
      const directory = new BlobDirectory(path, isNative ? path : join(path, workFolder), system, asked === 'power')
      const layout: BlobLayout = isNative
        ? new NativeLayout(directory, resolved.contentAddressed)
        : new DiskblobLayout(directory)
      const writing = new BlobWriting({ directory, layout, limits, clock, onProblem })
      const reading = new BlobReading({ directory, layout, writing, readOnly })
      let canSync = asked === 'power'
      if (!readOnly) {
        await writing.prepare()
        await layout.check?.()
        canSync &&= await canSyncDirectory(system, path)
        directory.canSync = canSync
        for (const each of [directory.temp, directory.claims]) await sweepWorkFiles(system, each)
      } else await checkReadable(system, path)
      checkSignal(signal)
      const parts: Parts = { directory, durability: canSync ? 'power' : 'process', reading, writing, readOnly }
      made.add(parts)
      return new DiskBlobStore(parts)
    } catch (error) {
      throw fileError(error, `Cannot open ${path}`)
    }
  }

  async get(namespace: string, key: string, options: BlobCallOptions = {}): Promise<LoadedBlob | undefined> {
    const place = this.#check(namespace, key, options)
    return await this.#finish(this.#reading.get(place), 'get a blob', options, key)
  }

  async head(namespace: string, key: string, options: BlobCallOptions = {}): Promise<BlobMeta | undefined> {
    const place = this.#check(namespace, key, options)
    return await this.#finish(this.#reading.head(place), 'look at a blob', options, key)
  }

  /** As {@link BlobStore.open}; of a part only the length is verified. The stream has a file open until it ends or is cancelled. */
  async open(namespace: string, key: string, options: BlobCallOptions & BlobRange = {}): Promise<OpenBlob | undefined> {
    checkRange(options)
    const place = this.#check(namespace, key, options)
    const work = this.#reading.open(place)
    const opened = await this.#finish(work, 'open a blob', options, key).catch((error: unknown) => {
      // Nobody gets it any more.
      work.then(
        late => late?.close(),
        () => undefined,
      )
      throw error
    })
    if (opened === undefined) return undefined
    const { start, end } = resolveRange(options, opened.meta.size)
    const chunks = opened.chunks(start, end, cause => {
      if (isCacheError(cause, 'CORRUPT')) return new CacheError('CORRUPT', cause.message, { cause, key })
      return fileError(cause, `Cannot read a blob in ${this.dir}`, key)
    })
    const stream = streamOf(chunks, options.signal)
    if (opened.isStreamed) abandoned.register(stream, opened)
    return { meta: opened.meta, stream }
  }

  async put(namespace: string, key: string, body: Uint8Array, options: BlobPutOptions = {}): Promise<BlobMeta> {
    const place = this.#check(namespace, key, options)
    checkBytes(body)
    const given = copyOptions(options)
    this.#checkWritable('put a blob', key)
    const fill = this.#writing.put(place, given, body.byteLength, staging => staging.append(body, options.signal))
    return await this.#finish(fill, 'put a blob', {}, key)
  }

  async putStream(namespace: string, key: string, body: BlobSource, options: BlobPutOptions = {}): Promise<BlobMeta> {
    const place = this.#check(namespace, key, options)
    checkSource(body)
    const given = copyOptions(options)
    this.#checkWritable('put a blob', key)
    const source = new GuardedSource(body, options.signal)
    this.#sources.add(source)
    const { signal } = source
    const work = this.#writing.put(place, { ...given, signal }, undefined, async staging => {
      for await (const chunk of source.chunks()) await staging.append(chunk, signal)
    })
    try {
      return await this.#finish(work, 'put a blob', {}, key)
    } catch (error) {
      // What the source failed with is the caller's own.
      if (source.failure !== undefined) throw source.failure.error
      this.#checkOpen({})
      throw error
    } finally {
      this.#sources.delete(source)
      source.release()
    }
  }

  async delete(namespace: string, key: string, options: BlobDeleteOptions = {}): Promise<boolean> {
    const place = this.#check(namespace, key, options)
    this.#checkWritable('delete a blob', key)
    return await this.#finish(this.#writing.delete(place, options), 'delete a blob', options, key)
  }

  async deleteNamespace(namespace: string, options: BlobCallOptions = {}): Promise<number> {
    this.#checkOpen(options)
    checkNamespace(namespace)
    this.#checkWritable('delete a namespace')
    return await this.#finish(this.#writing.deleteNamespace(namespace, options.signal), 'delete a namespace', options)
  }

  async *list(namespace: string, options: BlobListOptions = {}): AsyncGenerator<ListedBlob> {
    for (const place of await this.#places(namespace, options)) {
      if (this.#turns.isDue) await this.#turns.next()
      checkSignal(options.signal)
      const meta =
        this.#reading.headAtOnce(place) ?? (await this.#finish(this.#reading.headOrSkip(place), 'list blobs', options))
      if (meta !== undefined) yield { key: place.key ?? '', meta }
    }
  }

  /** As {@link BlobStore.keys}: no file is opened but those of keys that are too long for a name. */
  async *keys(namespace: string, options: BlobListOptions = {}): AsyncGenerator<string> {
    for (const { key } of await this.#places(namespace, options)) {
      if (this.#turns.isDue) await this.#turns.next()
      checkSignal(options.signal)
      yield key ?? ''
    }
  }

  async #places(namespace: string, options: BlobListOptions): Promise<Iterable<Place>> {
    this.#checkOpen(options)
    checkNamespace(namespace)
    const { prefix = '' } = options
    checkPrefix(prefix)
    return await this.#finish(this.#reading.list(namespace, prefix), 'list blobs', options)
  }

  /** Removes or completes what writers that died left, of whatever namespace, and bodies of this one without an entry. */
  async sweep(namespace: string, options: BlobCallOptions = {}): Promise<number> {
    this.#checkOpen(options)
    checkNamespace(namespace)
    this.#checkWritable('sweep')
    return await this.#finish(this.#writing.sweep(namespace), 'sweep', options)
  }

  /**
   * As {@link BlobStore.lease}, among all processes of the machine: the lease of a process that died is free at once. Where nobody
   * can tell whether it runs, in another container, it is free a minute after it has ended.
   */
  async lease(namespace: string, key: string, options: BlobLeaseOptions = {}): Promise<BlobLease> {
    const place = this.#check(namespace, key, options)
    const waitMs = leaseWait(options)
    this.#checkWritable('lease a blob', key)
    const work = this.#writing.leases.take(place.id, { signal: options.signal, waitMs })
    try {
      return await this.#finish(work, 'lease a blob', options, key)
    } catch (error) {
      // Nobody gets it any more.
      work.then(
        late => void late.release(),
        () => undefined,
      )
      this.#checkOpen({})
      throw error
    }
  }

  async describe(options: BlobCallOptions = {}): Promise<BlobStoreInfo> {
    this.#checkOpen(options)
    const totals = await this.#finish(this.#writing.totals(), 'describe', options)
    return { backend: 'disk', root: this.dir, ...totals }
  }

  async check(options: BlobCallOptions = {}): Promise<void> {
    this.#checkOpen(options)
    const { system } = this.#directory
    const work = this.#readOnly ? checkReadable(system, this.dir) : this.#writing.check()
    await this.#finish(work, 'use', options)
  }

  /**
   * Waits for the calls that are under way; a put whose source has not ended does not wait for it, but ends with `CLOSED`. Streams
   * that were opened go on.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    for (const source of this.#sources) source.stop()
    this.#writing.leases.stop()
    await this.#running.ended()
    await this.#writing.close()
  }

  // Names what failed.
  async #finish<T>(work: Promise<T>, action: string, { signal }: BlobCallOptions, key?: string): Promise<T> {
    try {
      const result = await this.#running.wait(work, signal)
      await this.#turns.next()
      return result
    } catch (error) {
      throw fileError(error, `Cannot ${action} in ${this.dir}`, key)
    }
  }

  #check(namespace: string, key: string, options: BlobCallOptions): Place {
    this.#checkOpen(options)
    checkNamespace(namespace)
    checkBlobKey(key)
    return this.#reading.place(namespace, key)
  }

  #checkOpen({ signal }: BlobCallOptions): void {
    if (this.#closed !== undefined) throw new CacheError('CLOSED', `The blob store of ${this.dir} is closed`)
    checkSignal(signal)
  }

  #checkWritable(action: string, key?: string): void {
    if (!this.#readOnly) return
    throw new CacheError('READ_ONLY', `Cannot ${action} in ${this.dir}: the store was opened read-only`, { key })
  }
}

function checkDirectoryPath(dir: string): void {
  if (typeof dir !== 'string') throw new TypeError(`Directory must be a string, received ${typeof dir}`)
  if (dir === '' || dir.includes('\0')) throw new RangeError('Directory must not be empty or hold a NUL')
}

// The caller may change his afterwards.
function copyOptions(options: BlobPutOptions): BlobPutOptions {
  const { ifMatch, ifNoneMatch, signal } = options
  return { ...checkBlobFields(options), ifMatch, ifNoneMatch, signal }
}

// A reader may come before the first writer: a directory that is not there yet is an empty one.
async function checkReadable({ blocking }: FileSystem, path: string): Promise<void> {
  try {
    if ((await blocking.stat(path)).isDirectory()) return
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw error
  }
  throw new CacheError('NOT_A_DIRECTORY', `Cannot use ${path}: it is not a directory`)
}
