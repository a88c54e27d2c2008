import { abortable } from '../core/abortable.ts'
import type { StoreOperation } from '../store/store.ts'
import { type BlobSource, chunksOf } from './blob-chunks.ts'
import { encodeManifest } from './blob-manifest.ts'
import { type BlobFields, type BlobMeta, checkBlobFields, makeBlobMeta } from './blob-meta.ts'
import type { BlobPutOptions } from './blob-store.ts'
import { checkPrecondition } from './precondition.ts'
import { ChunkWriter } from './stored-chunks.ts'
import type { Place, StoredRecords } from './stored-records.ts'

/** What one put needs beside its place, body and options. */
export interface StoredPutContext {
  readonly records: StoredRecords
  /** Drawn for this put. */
  readonly id: string
  readonly chunkBytes: number
  readonly clock: () => number
  /** Throws if the put must not be done any more. */
  readonly check: () => void
}

/** Writes the chunks of `body`, then in one step with its conditions the record that makes them the blob. */
export async function putStored(
  place: Place,
  body: BlobSource,
  options: BlobPutOptions,
  context: StoredPutContext,
): Promise<BlobMeta> {
  const { signal, ifMatch, ifNoneMatch } = options
  const { records, id } = context
  const { writing } = records.holds
  const fields = checkBlobFields(options)
  if (ifMatch !== undefined || ifNoneMatch !== undefined) {
    // Told early, before a long body is read for nothing; decided below.
    checkPrecondition((await records.find(place, signal))?.meta, options)
  }
  const writer = new ChunkWriter(records.store, index => place.keys.chunk(id, index), context.chunkBytes)
  let committing: Promise<BlobMeta> | undefined
  let ended: Promise<unknown> = Promise.resolve()
  writing.add(id)
  try {
    for await (const chunk of chunksOf(body, signal)) await writer.add(chunk, signal)
    committing = commit(place, writer, fields, options, context)
    ended = committing
    return await abortable(committing, signal)
  } catch (error) {
    const undone = undo(place, writer, committing, context)
    ended = undone
    // A write that hangs must not keep the caller, who has given up, from hearing so.
    if (signal?.aborted) await soon(undone)
    else await undone
    throw error
  } finally {
    const end = (): void => void writing.delete(id)
    ended.then(end, end)
  }
}

async function commit(
  place: Place,
  writer: ChunkWriter,
  fields: BlobFields,
  options: BlobPutOptions,
  { records, id, chunkBytes, clock, check }: StoredPutContext,
): Promise<BlobMeta> {
  const { store, holds } = records
  const { size, etag, digests, rest } = writer.end()
  const { batch } = store
  if (batch === undefined) for (const { key, value } of rest) await store.store(key, value)
  return await holds.queue.run(place.name, async () => {
    check()
    const old = await records.findInTurn(place)
    checkPrecondition(old?.meta, options)
    const meta = makeBlobMeta(size, etag, clock(), fields)
    const { namespace, key } = place
    const value = encodeManifest({ namespace, key, meta, id, chunkBytes, digests })
    const manifest: StoreOperation = { type: 'store', key: place.name, value }
    // From here on it is the blob.
    if (batch !== undefined) await batch.call(store, [...rest, manifest])
    else await store.store(place.name, value)
    if (old !== undefined) await records.discard(place, old)
    return meta
  })
}

// Removes the chunks of a put that failed, unless it has become the blob all the same.
async function undo(
  place: Place,
  writer: ChunkWriter,
  committing: Promise<unknown> | undefined,
  { records, id }: StoredPutContext,
): Promise<void> {
  await records.tidy(place, async () => {
    if (committing !== undefined) {
      const isDone = await committing.then(
        () => true,
        () => false,
      )
      if (isDone || (await records.find(place, undefined))?.id === id) return
    }
    await writer.discard()
  })
}

const soonMs = 50

async function soon(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, soonMs)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
