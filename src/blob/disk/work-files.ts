import { join } from 'node:path'
import type { FileSystem } from '../../store/file-io.ts'
import { retryTransient } from '../../store/retry.ts'
import { isRunning, processToken } from './process-token.ts'

// A file of a process of which nothing can be told (in another container) is given up when nobody wrote to it for so long.
const silentMs = 10 * 60_000
// By this thread, so that no two of its files have one name.
let made = 0

/** A name for a file that only this process needs: `<anything>.<time>.<number>.<process>`. */
export function workName(prefix: string): string {
  const time = process.hrtime.bigint().toString(16).padStart(16, '0')
  return `${prefix}.${time}.${(made++).toString(16)}.${processToken()}`
}

/** Whether whoever made the file called `name` may still need it; `undefined` if that depends on its age. */
export function isOwned(name: string): boolean | undefined {
  return isRunning(name.slice(name.lastIndexOf('.') + 1))
}

/** Removes the files of a directory that no running process needs; gives how many. What cannot be removed stays. */
export async function sweepWorkFiles({ blocking: io }: FileSystem, directory: string): Promise<number> {
  let count = 0
  for (const entry of await retryTransient(() => io.readdir(directory))) {
    if (!entry.isFile()) continue
    const path = join(directory, entry.name)
    try {
      const owned = isOwned(entry.name) ?? (await io.lstat(path)).mtimeMs > Date.now() - silentMs
      if (owned) continue
      await io.unlink(path)
      count++
    } catch {
      // Another process swept it, or the next one will.
    }
  }
  return count
}
