import { checkSignal } from '../../core/check.ts'
import { tell } from '../../core/tell.ts'
import { type CacheError, isCacheError } from '../../errors.ts'
import { KeyQueue } from '../../store/key-queue.ts'
import { type BlobMeta, makeBlobMeta } from '../blob-meta.ts'
import type { BlobProblem, OnBlobProblem } from '../blob-problem.ts'
import type { BlobDeleteOptions, BlobPutOptions } from '../blob-store.ts'
import { checkPrecondition, isMeant } from '../precondition.ts'
import type { BlobDirectory } from './blob-directory.ts'
import type { BlobLayout, Place, RunClaimed, Sealed } from './blob-layout.ts'
import { FetchLeases } from './fetch-leases.ts'
import { type ClaimWait, KeyClaims } from './key-claims.ts'
import { expiryOf, Quota, type QuotaLimits } from './quota.ts'
import { Staging } from './staging.ts'
import { sweepWorkFiles } from './work-files.ts'

/** What a {@link BlobWriting} needs. */
export interface WritingParts {
  readonly directory: BlobDirectory
  readonly layout: BlobLayout
  readonly limits: QuotaLimits
  readonly clock: () => number
  readonly onProblem: OnBlobProblem | undefined
}

/** Everything of a disk store that changes something. What is decided and done in one step is so for all processes. */
export class BlobWriting {
  readonly #parts: WritingParts
  readonly #claims: KeyClaims
  readonly #quota: Quota
  /** Of the blobs of the directory. */
  readonly leases: FetchLeases
  readonly #queue = new KeyQueue()

  constructor(parts: WritingParts) {
    const { directory, layout, limits, clock } = parts
    this.#parts = parts
    this.#claims = new KeyClaims(directory.system, directory.claims, () => this.prepare())
    this.leases = new FetchLeases(this.#claims)
    const onProblem = (error: CacheError): void => this.report(undefined, error, 'cleanup')
    this.#quota = new Quota({ directory, layout, claims: this.#claims, limits, clock, onProblem })
  }

  /** Makes the directories. */
  async prepare(): Promise<void> {
    await this.#parts.layout.prepare()
    await this.#parts.directory.prepareWork()
  }

  /** Puts what `fill` stages. */
  async put(
    place: Place,
    options: BlobPutOptions,
    size: number | undefined,
    fill: (staging: Staging) => Promise<void>,
  ): Promise<BlobMeta> {
    const { directory, layout, limits, clock } = this.#parts
    // Before anything is read: it may be long.
    if (isConditional(options)) checkPrecondition(await this.#current(place), options)
    const { system, temp, fsync } = directory
    const prepare = (): Promise<void> => this.prepare()
    const staging = new Staging({ system, directory: temp, fsync, prepare }, limits.maxBytes, size)
    try {
      await fill(staging)
      const meta = makeBlobMeta(staging.size, staging.digest().toString('hex'), clock(), options)
      const sealed = await layout.seal(staging, place, meta)
      let isFlushed = false
      try {
        const publish = (): Promise<boolean> => this.#publish(place, sealed, meta, options)
        isFlushed = await this.claimed(place, { signal: options.signal }, publish)
      } finally {
        await sealed.discard()
      }
      if (!isFlushed) await directory.sync(place.directory)
      return meta
    } finally {
      await staging.discard()
    }
  }

  async #publish(place: Place, sealed: Sealed, meta: BlobMeta, options: BlobPutOptions): Promise<boolean> {
    checkSignal(options.signal)
    await this.#parts.layout.recover(place)
    if (isConditional(options)) checkPrecondition(await this.#current(place), options)
    const usedMs = Math.floor(meta.updatedAt.getTime())
    const usage = { size: meta.size, expiresAtMs: expiryOf(meta.expiresAt), usedMs, body: sealed.body }
    await this.#quota.admit(place.id, usage)
    let isFlushed: boolean
    try {
      isFlushed = await sealed.publish()
    } catch (error) {
      await this.#quota.settle(place)
      throw error
    }
    await this.#quota.published(place.id, usage)
    return isFlushed
  }

  /** Deletes what `options` mean; whether there was one. */
  async delete(place: Place, options: BlobDeleteOptions): Promise<boolean> {
    let isGone = false
    const isDeleted = await this.claimed(place, { signal: options.signal }, async () => {
      checkSignal(options.signal)
      await this.#parts.layout.recover(place)
      const current = await this.#current(place)
      if (current !== undefined && !isMeant(current, options)) return false
      isGone = true
      // A damaged one is none, and goes all the same.
      if (current === undefined && isConditional(options)) return false
      return (await this.#remove(place)) && current !== undefined
    })
    // Also if there was none: who deleted it may have died before that was flushed.
    if (isGone) await this.#parts.directory.sync(place.directory)
    return isDeleted
  }

  /** Deletes everything in a namespace; gives how many blobs there were. */
  async deleteNamespace(namespace: string, signal: AbortSignal | undefined): Promise<number> {
    let count = 0
    const directories = new Set<string>()
    for (const place of await this.#parts.layout.places(namespace)) {
      await this.claimed(place, { signal }, async () => {
        checkSignal(signal)
        await this.#parts.layout.recover(place)
        const isBlob = (await this.#current(place)) !== undefined
        if ((await this.#remove(place)) && isBlob) count++
      })
      directories.add(place.directory)
    }
    for (const directory of directories) await this.#parts.directory.sync(directory)
    return count
  }

  /** Removes or completes what writers that died left, and removes bodies of the namespace without an entry; gives how many. */
  async sweep(namespace: string): Promise<number> {
    const { directory, layout } = this.#parts
    const count = await sweepWorkFiles(directory.system, directory.temp)
    const claimed: RunClaimed = (place, task) => this.claimed(place, {}, task)
    return count + ((await layout.sweep?.({ namespace, claims: this.#claims, claimed })) ?? 0)
  }

  /** Removes a damaged entry, unless another file took its place. Under the claim. */
  async removeDamaged(place: Place, ino: number | undefined): Promise<void> {
    const { layout, directory } = this.#parts
    if (layout.leaveOut !== undefined) return await layout.leaveOut(place)
    const found = (await directory.system.blocking.lstat(place.path)).ino
    if (ino === undefined || found === ino) await this.#remove(place)
  }

  /** Runs `task` while nobody else, here or in another process, does so for the same place. */
  async claimed<T>(place: Place, wait: ClaimWait, task: () => Promise<T>): Promise<T> {
    return await this.#queue.run(place.id, async () => {
      const claim = await this.#claims.take(place.id, wait)
      try {
        return await task()
      } finally {
        await claim.release()
      }
    })
  }

  /** Notes that a blob was read. */
  async used(place: Place): Promise<void> {
    await this.#quota.used(place.id)
  }

  /** Tells of something that no call fails for. */
  report(place: Place | undefined, error: CacheError, code: BlobProblem['code'] = 'damaged'): void {
    tell(this.#parts.onProblem, { code, namespace: place?.namespace ?? '', key: place?.key, error })
  }

  async totals(): Promise<{ readonly bytes: number; readonly count: number } | undefined> {
    return await this.#quota.totals()
  }

  /** Rejects unless files can be made. */
  async check(): Promise<void> {
    await this.prepare()
    await this.#parts.directory.system.blocking.access(this.#parts.directory.temp)
  }

  async close(): Promise<void> {
    await this.leases.close()
    await this.#quota.close()
  }

  async #remove(place: Place): Promise<boolean> {
    const isThere = await this.#parts.layout.remove(place)
    if (isThere) await this.#quota.removed(place.id)
    return isThere
  }

  async #current(place: Place): Promise<BlobMeta | undefined> {
    try {
      return await this.#parts.layout.head(place)
    } catch (error) {
      if (isCacheError(error, 'CORRUPT')) return undefined
      throw error
    }
  }
}

function isConditional(options: BlobPutOptions & BlobDeleteOptions): boolean {
  const { ifMatch, ifNoneMatch, ifUpdatedAt } = options
  return ifMatch !== undefined || ifNoneMatch !== undefined || ifUpdatedAt !== undefined
}
