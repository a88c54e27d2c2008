import { checkSignal } from '../core/check.ts'
import { tell } from '../core/tell.ts'
import { CacheError, isCacheError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { type BlobManifest, decodeManifest } from './blob-manifest.ts'
import type { OnBlobProblem } from './blob-problem.ts'
import { type ChunkHolds, holdsOf } from './chunk-holds.ts'
import type { StoredBlobKeys } from './stored-blob-keys.ts'
import { loadAll, removeAll } from './stored-chunks.ts'

/** Where a blob lies in a `Store`. */
export interface Place extends AnyPlace {
  readonly key: string
}

/** Where some blob lies in a `Store`. */
export interface AnyPlace {
  readonly namespace: string
  /** Which blob it must be; `undefined` if it may be any. */
  readonly key: string | undefined
  readonly keys: StoredBlobKeys
  /** The key of the manifest. */
  readonly name: string
}

// How many manifests a listing loads in one go.
const manifestsAtOnce = 32

/** The manifests in a store: found, listed, removed with their chunks; what is damaged goes. */
export class StoredRecords {
  readonly store: Store
  readonly holds: ChunkHolds
  readonly #onProblem: OnBlobProblem | undefined

  constructor(store: Store, onProblem: OnBlobProblem | undefined) {
    this.store = store
    this.holds = holdsOf(store)
    this.#onProblem = onProblem
  }

  /** The manifest of a blob; one that is damaged is reported and removed, and there is none. */
  async find(place: AnyPlace, signal: AbortSignal | undefined): Promise<BlobManifest | undefined> {
    const found = await this.#load(place, signal)
    if (!(found instanceof CacheError)) return found
    // Looked at again when nobody else changes it: what is there by then may be sound.
    return await this.holds.queue.run(place.name, () => this.findInTurn(place))
  }

  /** As {@link find}, for who has the turn of the key already. */
  async findInTurn(place: AnyPlace): Promise<BlobManifest | undefined> {
    const found = await this.#load(place, undefined)
    if (!(found instanceof CacheError)) return found
    await this.#forget(place, found, () => this.store.remove(place.name))
    return undefined
  }

  /** As {@link find}, and nobody of this process removes its chunks until they are released. */
  async hold(place: AnyPlace, signal: AbortSignal | undefined): Promise<BlobManifest | undefined> {
    return await this.holds.open(place.name, () => this.find(place, signal))
  }

  /** Removes the blob of this id, which was found damaged. Resolves to `false` if there is another one by now. */
  async removeDamaged(place: AnyPlace, id: string, error: unknown): Promise<boolean> {
    return await this.holds.queue.run(place.name, async () => {
      const manifest = await this.findInTurn(place)
      if (manifest !== undefined && manifest.id !== id) return false
      if (manifest !== undefined) await this.#forget(place, error, () => this.remove(place, manifest))
      return true
    })
  }

  /** Removes a blob. First its record, then its chunks. */
  async remove(place: AnyPlace, manifest: BlobManifest): Promise<void> {
    await this.store.remove(place.name)
    await this.discard(place, manifest)
  }

  /** Removes the chunks of a blob that is none any more, as soon as nobody reads them. */
  async discard(place: AnyPlace, { id, digests }: BlobManifest): Promise<void> {
    if (digests.length === 0) return
    const names = digests.map((_, index) => place.keys.chunk(id, index))
    await this.holds.doom(place.name, id, () => this.tidy(place, () => removeAll(this.store, names)))
  }

  /** What cannot be removed is no reason to fail: it is of no use to anybody, and swept later. */
  async tidy({ namespace, key }: Pick<AnyPlace, 'namespace' | 'key'>, remove: () => Promise<void>): Promise<void> {
    try {
      await remove()
    } catch (error) {
      tell(this.#onProblem, { code: 'cleanup', namespace, key, error })
    }
  }

  /**
   * The manifests under keys that start with `prefix`, in the order of the store, a few loaded at a time. Damaged ones are
   * reported and left out; those of a newer version too, or they are an error.
   */
  async *list(
    namespace: string,
    prefix: string,
    signal: AbortSignal | undefined,
    onNewer: 'leaveOut' | 'stop',
  ): AsyncGenerator<BlobManifest> {
    let names: string[] = []
    const read = async (): Promise<BlobManifest[]> => {
      const loaded = await loadAll(this.store, names, signal)
      names = []
      return loaded.flatMap(bytes => this.#listed(namespace, bytes, onNewer))
    }
    for await (const name of this.store.list(prefix, { signal })) {
      names.push(name)
      if (names.length === manifestsAtOnce) yield* checked(await read(), signal)
    }
    if (names.length > 0) yield* checked(await read(), signal)
  }

  #listed(namespace: string, bytes: Uint8Array | undefined, onNewer: 'leaveOut' | 'stop'): BlobManifest[] {
    if (bytes === undefined) return []
    try {
      return [decodeManifest(bytes)]
    } catch (error) {
      if (onNewer === 'stop' && isCacheError(error, 'FORMAT_NEWER')) throw error
      tell(this.#onProblem, { code: 'damaged', namespace, key: undefined, error })
      return []
    }
  }

  async #load(place: AnyPlace, signal: AbortSignal | undefined): Promise<BlobManifest | CacheError | undefined> {
    const bytes = await this.store.load(place.name, { signal })
    if (bytes === undefined) return undefined
    try {
      const manifest = decodeManifest(bytes)
      const isIt = place.key === undefined || manifest.key === place.key
      if (isIt && manifest.namespace === place.namespace) return manifest
      return new CacheError('CORRUPT', 'Cannot read a blob: its record is that of another one')
    } catch (error) {
      if (isCacheError(error, 'CORRUPT')) return error
      throw error
    }
  }

  async #forget(place: AnyPlace, error: unknown, remove: () => Promise<void>): Promise<void> {
    const { namespace, key } = place
    tell(this.#onProblem, { code: 'damaged', namespace, key, error })
    await this.tidy(place, remove)
  }
}

function* checked(manifests: readonly BlobManifest[], signal: AbortSignal | undefined): Generator<BlobManifest> {
  for (const manifest of manifests) {
    checkSignal(signal)
    yield manifest
  }
}
