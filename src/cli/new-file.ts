/// <reference types="node" />
import { open, rm } from 'node:fs/promises'
import { CacheError } from '../errors.ts'
import { fileError, systemCode } from '../store/file-error.ts'

/**
 * Writes a file that only its owner can read and that must not be there yet (`ALREADY_EXISTS`); resolves to its size. If it
 * fails, nothing is left.
 */
export async function writeNewFile(path: string, chunks: AsyncIterable<string | Uint8Array>): Promise<number> {
  const handle = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    const isThere = systemCode(cause) === 'EEXIST'
    throw isThere
      ? new CacheError('ALREADY_EXISTS', `Cannot write ${path}: there is such a file`, { cause })
      : fileError(cause, `Cannot write ${path}`)
  })
  try {
    for await (const chunk of chunks) await handle.appendFile(chunk)
    return (await handle.stat()).size
  } catch (error) {
    await rm(path, { force: true })
    throw fileError(error, `Cannot write ${path}`)
  } finally {
    await handle.close()
  }
}
