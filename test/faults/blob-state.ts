import { createHash } from 'node:crypto'
import type { LoadedBlob } from '../../src/blob/blob-store.ts'
import type { DiskBlobStore, DiskBlobStoreOptions } from '../../src/blob/disk/disk-blob-store.ts'

/** What a process that will be killed is told: where it is to write, all at once, and how each is to go on. */
export type KillOrder = readonly {
  readonly dir: string
  readonly options: DiskBlobStoreOptions
  readonly tick: number
}[]

export const killNamespace = 'kill'
const keyCount = 5

/** Of the put or delete number `tick`. */
export function keyOf(tick: number): string {
  return `key ${tick % keyCount}`
}

export const killKeys: readonly string[] = Array.from({ length: keyCount }, (_, i) => keyOf(i))

/** Whether tick number `tick` deletes. */
export function isDelete(tick: number): boolean {
  return tick % 9 === 0
}

/** A body that tells its pair of ticks, which are about two keys, in every part: empty, small, or larger than all buffers. */
export function bodyOf(tick: number): Uint8Array {
  const sizes = [0, 10, 3000, 90_000, 300_000]
  const pair = tick >> 1
  return Buffer.alloc(sizes[((pair * 7) % 11) % sizes.length]!, `${pair} `)
}

/** Does what tick number `tick` does. */
export async function doTick(store: DiskBlobStore, tick: number): Promise<void> {
  const key = keyOf(tick)
  if (isDelete(tick)) return void (await store.delete(killNamespace, key))
  const options = { contentType: String(tick), metadata: { tick: String(tick) } }
  const body = bodyOf(tick)
  if (tick % 2 === 0) return void (await store.put(killNamespace, key, body, options))
  await store.putStream(killNamespace, key, piecesOf(body), options)
}

async function* piecesOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += 40_000) yield body.subarray(at, at + 40_000)
}

/** The tick that wrote a blob; throws unless every part of it is of that tick. */
export function tickOfBlob({ meta, bytes }: LoadedBlob): number {
  const tick = Number(meta.contentType)
  if (meta.metadata['tick'] !== meta.contentType) throw new Error('metadata and content type are of two puts')
  if (meta.size !== bytes.byteLength || etagOf(bytes) !== meta.etag) throw new Error('the body is not that of the etag')
  if (!Buffer.from(bytes).equals(bodyOf(tick))) throw new Error('the body is not that of the metadata')
  return tick
}

export function etagOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
