import { BlobCache } from 'coldsnap/blob'
import { DiskBlobStore } from 'coldsnap/blob/disk'
import type { OpenedBlobs } from '../blob-contender.ts'

/** A `BlobCache` over a `DiskBlobStore`, as a user has it. */
export async function openColdsnap(directory: string, power: boolean): Promise<OpenedBlobs> {
  const store = await DiskBlobStore.open(directory, { durability: power ? 'power' : 'process' })
  const cache = new BlobCache(store, { namespace: 'bench' })
  return {
    put: async (key, body) => void (await cache.put(key, body)),
    get: async key => {
      const hit = await cache.get(key)
      if (hit === undefined) throw new Error(`${key} is not there`)
      return await hit.bytes()
    },
    putStream: async (key, source) => void (await cache.put(key, source)),
    readStream: async key => {
      const hit = await cache.open(key)
      if (hit === undefined) throw new Error(`${key} is not there`)
      let size = 0
      for await (const chunk of hit.stream()) size += chunk.byteLength
      return size
    },
    close: () => store.close(),
  }
}
