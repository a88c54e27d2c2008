import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpenedBlobs } from '../blob-contender.ts'

/**
 * The yardstick: what one writes by hand. The body goes to a temporary file and takes its name by a rename; with `power`
 * file and directory are flushed. Digests are kept in memory, which flatters it.
 */
export async function openPlainFiles(directory: string, power: boolean): Promise<OpenedBlobs> {
  await mkdir(directory, { recursive: true })
  const digests = new Map<string, string>()
  const write = async (key: string, fill: (file: FileHandle, hash: Hash) => Promise<void>): Promise<void> => {
    const path = join(directory, key)
    const hash = createHash('sha256')
    const file = await open(`${path}.tmp`, 'w')
    try {
      await fill(file, hash)
      if (power) await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.tmp`, path)
    if (power) await flush(directory)
    digests.set(key, hash.digest('hex'))
  }
  const verify = (key: string, hash: Hash): void => {
    if (hash.digest('hex') !== digests.get(key)) throw new Error(`${key} does not have its digest`)
  }
  return {
    put: (key, body) =>
      write(key, async (file, hash) => {
        hash.update(body)
        await file.writeFile(body)
      }),
    get: async key => {
      const body = await readFile(join(directory, key))
      verify(key, createHash('sha256').update(body))
      return body
    },
    putStream: (key, source) =>
      write(key, async (file, hash) => {
        for await (const chunk of source) {
          hash.update(chunk)
          await file.writeFile(chunk)
        }
      }),
    readStream: async key => {
      const hash = createHash('sha256')
      let size = 0
      for await (const chunk of createReadStream(join(directory, key), { highWaterMark: 256 * 1024 })) {
        hash.update(chunk)
        size += chunk.byteLength
      }
      verify(key, hash)
      return size
    },
    close: async () => undefined,
  }
}

async function flush(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
