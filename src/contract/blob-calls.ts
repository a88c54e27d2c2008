import type { BlobCallOptions, BlobStore } from '../blob/blob-store.ts'
import type { Call } from './calls.ts'
import { bytesOf } from './samples.ts'

/** Every method of `store` that takes a namespace and a key, called with these. */
export function callsWithKey(store: BlobStore, namespace: string, key: string, options: BlobCallOptions = {}): Call[] {
  const calls: Call[] = [
    ['get()', () => store.get(namespace, key, options)],
    ['put()', () => store.put(namespace, key, bytesOf('new'), options)],
    ['open()', () => store.open(namespace, key, options)],
    ['putStream()', () => store.putStream(namespace, key, once(bytesOf('new')), options)],
    ['delete()', () => store.delete(namespace, key, options)],
  ]
  if (store.head !== undefined) calls.push(['head()', async () => await store.head?.(namespace, key, options)])
  if (store.touch !== undefined) {
    const touch = { ...options, ifMatch: '', expiresAt: undefined }
    calls.push(['touch()', async () => await store.touch?.(namespace, key, touch)])
  }
  if (store.lease !== undefined) {
    calls.push(['lease()', async () => await (await store.lease?.(namespace, key, options))?.release()])
  }
  return calls
}

/** Every method of `store` that takes a namespace alone, called with this. */
export function callsWithNamespace(store: BlobStore, namespace: string, options: BlobCallOptions = {}): Call[] {
  const list = async (): Promise<void> => {
    for await (const entry of store.list(namespace, options)) void entry
  }
  const calls: Call[] = [
    ['deleteNamespace()', () => store.deleteNamespace(namespace, options)],
    ['list()', list],
  ]
  if (store.sweep !== undefined) calls.push(['sweep()', async () => await store.sweep?.(namespace, options)])
  return calls
}

/** The methods of `store` that take no name. */
export function callsWithoutName(store: BlobStore, options: BlobCallOptions = {}): Call[] {
  const calls: Call[] = []
  if (store.describe !== undefined) calls.push(['describe()', async () => await store.describe?.(options)])
  if (store.check !== undefined) calls.push(['check()', async () => await store.check?.(options)])
  return calls
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
