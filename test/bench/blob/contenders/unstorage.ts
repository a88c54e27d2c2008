import type { OpenedBlobs } from '../blob-contender.ts'
import { requireContender } from '../require-contender.ts'

interface Storage {
  setItemRaw(key: string, value: Uint8Array): Promise<void>
  getItemRaw(key: string): Promise<Uint8Array>
  dispose(): Promise<void>
}

/** Its `fs` driver: a file for each key, written in place. Verifies and flushes nothing. */
export async function openUnstorage(directory: string): Promise<OpenedBlobs> {
  const { createStorage } = requireContender<{ createStorage(options: object): Storage }>('unstorage')
  const driver = requireContender<(options: object) => object>('unstorage/drivers/fs')
  const storage = createStorage({ driver: driver({ base: directory }) })
  return {
    put: (key, body) => storage.setItemRaw(key, body),
    get: key => storage.getItemRaw(key),
    close: () => storage.dispose(),
  }
}
