import { pipeline } from 'node:stream/promises'
import type { OpenedBlobs } from '../blob-contender.ts'
import { requireContender } from '../require-contender.ts'

interface Cacache {
  put: {
    (cache: string, key: string, body: Uint8Array, options: object): Promise<unknown>
    stream(cache: string, key: string, options: object): NodeJS.WritableStream
  }
  get: {
    (cache: string, key: string, options: object): Promise<{ readonly data: Uint8Array }>
    stream(cache: string, key: string): AsyncIterable<Uint8Array>
  }
}

/** npm's cache: bodies by their digest, an index of keys; flushes nothing. Its own choice of a digest is SHA-512. */
export async function openCacache(directory: string, algorithms?: readonly string[]): Promise<OpenedBlobs> {
  const cacache = requireContender<Cacache>('cacache')
  const options = algorithms === undefined ? {} : { algorithms }
  return {
    put: async (key, body) => void (await cacache.put(directory, key, body, options)),
    get: async key => (await cacache.get(directory, key, { memoize: false })).data,
    putStream: (key, source) => pipeline(source, cacache.put.stream(directory, key, options)),
    readStream: async key => {
      let size = 0
      for await (const chunk of cacache.get.stream(directory, key)) size += chunk.byteLength
      return size
    },
    close: async () => undefined,
  }
}
