import { decodeManifest } from '../../src/blob/blob-manifest.ts'
import { storedBlobKeys } from '../../src/blob/stored-blob-keys.ts'
import type { Store } from '../../src/store/store.ts'

/** All keys of a store. */
export async function storeKeys(store: Store, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.list(prefix)) keys.push(key)
  return keys
}

/** Damages a blob of `storeBlobs`: removes, shortens or changes a chunk, or changes its record, depending on the key. */
export async function damageStored(store: Store, namespace: string, key: string): Promise<void> {
  const keys = storedBlobKeys(namespace)
  const name = keys.manifest(key)
  const record = (await store.load(name))!
  const { id, digests } = decodeManifest(record)
  const chunkName = keys.chunk(id, digests.length - 1)
  const chunk = (await store.load(chunkName))!
  const ways = [
    async () => await store.remove(chunkName),
    async () => await store.store(chunkName, chunk.slice(0, -1)),
    async () => await store.store(chunkName, flipped(chunk)),
    async () => await store.store(name, flipped(record)),
  ]
  await ways[key.charCodeAt(0) % ways.length]!()
}

/** A copy of `bytes` with one bit turned, in the middle. */
export function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  copy[copy.byteLength >> 1]! ^= 1
  return copy
}
