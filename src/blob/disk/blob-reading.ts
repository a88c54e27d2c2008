import { CacheError, isCacheError } from '../../errors.ts'
import type { BlobMeta } from '../blob-meta.ts'
import type { LoadedBlob } from '../blob-store.ts'
import type { BlobDirectory } from './blob-directory.ts'
import type { BlobLayout, Place } from './blob-layout.ts'
import type { BlobWriting } from './blob-writing.ts'
import type { BodyFile } from './body-file.ts'
import { DamagedEntry } from './damaged-entry.ts'

/** What a {@link BlobReading} needs. */
export interface ReadingParts {
  readonly directory: BlobDirectory
  readonly layout: BlobLayout
  readonly writing: BlobWriting
  readonly readOnly: boolean
}

/** An open blob. */
export interface OpenBody {
  readonly meta: BlobMeta
  /** Whether it is read, and verified, as it is asked for. */
  readonly isStreamed: boolean
  /** Of one that is not read after all. */
  close(): Promise<void>
  /** `name` makes of an error what the caller sees. */
  chunks(start: number, end: number, name: (error: unknown) => CacheError): AsyncGenerator<Uint8Array, void, undefined>
}

// Without a claim a writer half-way is waited for like this; longer than its two renames take.
const looks = 6
const maxPauseMs = 20
// Reading is not to wait for long on account of somebody else's claim.
const claimWaitMs = 2000

/** Everything of a disk store that reads. */
export class BlobReading {
  readonly #parts: ReadingParts

  constructor(parts: ReadingParts) {
    this.#parts = parts
  }

  place(namespace: string, key: string): Place {
    return this.#parts.layout.place(namespace, key)
  }

  async get(place: Place): Promise<LoadedBlob | undefined> {
    const found = await this.#look(place, async () => {
      const file = await this.#parts.layout.open(place)
      if (file === undefined) return undefined
      try {
        return { meta: file.meta, bytes: await file.load() }
      } finally {
        await file.close()
      }
    })
    if (found !== undefined) await this.#used(place)
    return found
  }

  async head(place: Place): Promise<BlobMeta | undefined> {
    return await this.#look(place, () => this.#parts.layout.head(place))
  }

  /** For a listing: the metadata, if it can be had on the spot; `undefined` says nothing. */
  headAtOnce(place: Place): BlobMeta | undefined {
    return this.#parts.layout.headAtOnce?.(place)
  }

  /** For a listing: an entry of a later version, which `head` refuses, is told of and left out. */
  async headOrSkip(place: Place): Promise<BlobMeta | undefined> {
    try {
      return await this.head(place)
    } catch (error) {
      if (!isCacheError(error, 'FORMAT_NEWER')) throw error
      this.#parts.writing.report(place, error)
      return undefined
    }
  }

  async open(place: Place): Promise<OpenBody | undefined> {
    const { layout, writing, readOnly } = this.#parts
    let found = await this.#look(place, () => this.#open(place))
    // Damage would be found at the end of the stream only; under the claim there is no writer of ours half-way.
    if (layout.isTwoStep && !readOnly && found?.isStreamed === true) {
      await found.close()
      found = await writing.claimed(place, { waitMs: claimWaitMs }, async () => {
        await layout.recover(place)
        return await this.#lookAgain(place, () => this.#open(place))
      })
    }
    if (found !== undefined) await this.#used(place)
    return found
  }

  /** The places of the keys that start with `prefix`, in the order of the keys' bytes. */
  async list(namespace: string, prefix: string): Promise<Iterable<Place>> {
    const { layout, writing } = this.#parts
    const place = { namespace, key: undefined, id: '', directory: '', path: '' }
    return await layout.list(namespace, prefix, error => {
      if (error instanceof CacheError) writing.report(place, error)
    })
  }

  async #open(place: Place): Promise<OpenBody | undefined> {
    const file = await this.#parts.layout.open(place)
    if (file === undefined) return undefined
    if (!file.isSmall) {
      const chunks: OpenBody['chunks'] = (...range) => this.#chunks(place, file, ...range)
      return { meta: file.meta, isStreamed: true, close: () => file.close(), chunks }
    }
    // Verified before the caller hears of it, so that damage is a miss and not a broken stream.
    try {
      const bytes = await file.load()
      return {
        meta: file.meta,
        isStreamed: false,
        close: async () => undefined,
        async *chunks(start, end) {
          if (end > start) yield bytes.subarray(start, end)
        },
      }
    } finally {
      await file.close()
    }
  }

  #chunks(
    place: Place,
    file: BodyFile,
    start: number,
    end: number,
    name: (error: unknown) => CacheError,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const chunks = this.#watched(place, file.chunks(start, end), name)
    const stop = chunks.return.bind(chunks)
    // A generator that was never asked for anything does not get to its own end.
    chunks.return = async value => {
      const result = await stop(value)
      await file.close()
      return result
    }
    return chunks
  }

  async *#watched(
    place: Place,
    chunks: AsyncGenerator<Uint8Array, void, undefined>,
    name: (error: unknown) => CacheError,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* chunks
    } catch (error) {
      if (error instanceof DamagedEntry) await this.#damaged(place, error)
      throw name(error)
    }
  }

  // What looks damaged is looked at again while no writer is at it; then it is.
  async #look<T>(place: Place, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const { layout, writing, readOnly } = this.#parts
    try {
      return await look()
    } catch (error) {
      if (!isCacheError(error, 'CORRUPT')) throw error
    }
    if (readOnly) return await this.#lookAgain(place, look)
    let isClaimed = false
    try {
      return await writing.claimed(place, { waitMs: claimWaitMs }, async () => {
        isClaimed = true
        await layout.recover(place)
        return await this.#lookAgain(place, look)
      })
    } catch (error) {
      if (isClaimed) throw error
      // Nothing can be written, for example.
      return await this.#lookAgain(place, look)
    }
  }

  // A writer of another program, or of ours if there is no claim, may be half-way for some milliseconds.
  async #lookAgain<T>(place: Place, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const { layout } = this.#parts
    for (let i = layout.isTwoStep ? 1 : looks; ; i++) {
      try {
        return await look()
      } catch (error) {
        if (!(error instanceof DamagedEntry)) throw error
        if (i >= looks) {
          await this.#report(place, error)
          return undefined
        }
      }
      await new Promise(resolve => setTimeout(resolve, Math.min(maxPauseMs, 2 ** i)))
    }
  }

  async #damaged(place: Place, error: DamagedEntry): Promise<void> {
    const { writing, readOnly } = this.#parts
    if (readOnly) return writing.report(place, error)
    await writing.claimed(place, { waitMs: claimWaitMs }, () => this.#report(place, error)).catch(() => undefined)
  }

  // Told of in any case; removed if that works.
  async #report(place: Place, error: DamagedEntry): Promise<void> {
    const { writing, readOnly } = this.#parts
    writing.report(place, error)
    if (!readOnly) await writing.removeDamaged(place, error.ino).catch(() => undefined)
  }

  async #used(place: Place): Promise<void> {
    if (!this.#parts.readOnly) await this.#parts.writing.used(place)
  }
}
