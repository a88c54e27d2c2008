import type { OpenedBlobs } from '../blob-contender.ts'
import { requireContender } from '../require-contender.ts'

interface FlatCache {
  setKey(key: string, value: unknown): void
  getKey(key: string): unknown
  load(): void
  save(force: boolean): void
}

interface Module {
  readonly FlatCache: new (options: object) => FlatCache
}

/** A file of JSON for each blob, as one file for all would be written anew by every put. Verifies and flushes nothing. */
export async function openFlatCache(directory: string): Promise<OpenedBlobs> {
  const { FlatCache } = requireContender<Module>('flat-cache')
  const open = (key: string): FlatCache =>
    new FlatCache({ cacheDir: directory, cacheId: key, ttl: 0, expirationInterval: 0, persistInterval: 0 })
  return {
    put: async (key, body) => {
      const cache = open(key)
      cache.setKey('body', Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'))
      cache.save(true)
    },
    get: async key => {
      const cache = open(key)
      cache.load()
      return Buffer.from(String(cache.getKey('body')), 'base64')
    },
    close: async () => undefined,
  }
}
