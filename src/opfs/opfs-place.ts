import { toHex } from '../bytes/hex.ts'
import { utf8Encode } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'
import type { LogFiles } from './key-log.ts'
import { nameOf } from './opfs-error.ts'
import type { SyncFile } from './sync-file.ts'

/** Where the two files of a store are. */
export interface OpfsPlace {
  /** Opens the files, which may be empty, for nobody else to open. */
  open(): Promise<LogFiles>
  /** Whether the files that were opened last are still there: files that were removed take writes, which are lost. */
  isThere(): Promise<boolean>
}

// As its types have it in dedicated workers; elsewhere there is none.
type FileHandle = FileSystemFileHandle & { readonly createSyncAccessHandle?: () => Promise<SyncFile> }

const fileNames = ['0.log', '1.log'] as const
const tries = 40
const pauseMs = 50

/** The directory of the store `name` in the origin-private file system. Throws `UNAVAILABLE` where there is none for us. */
export function opfsPlace(name: string): OpfsPlace {
  const storage: StorageManager | undefined = globalThis.navigator?.storage
  if (typeof storage?.getDirectory !== 'function') {
    throw new CacheError('UNAVAILABLE', `Cannot open ${name}: there are no origin-private files here`)
  }
  const path = `coldsnap-${toHex(utf8Encode(name))}`
  let directory: FileSystemDirectoryHandle | undefined
  return {
    async open() {
      const root = await storage.getDirectory()
      directory = await root.getDirectoryHandle(path, { create: true })
      const first = await openFile(directory, fileNames[0], name)
      try {
        return [first, await openFile(directory, fileNames[1], name)]
      } catch (error) {
        first.close()
        throw error
      }
    },
    async isThere() {
      try {
        // They come and go together.
        await directory?.getFileHandle(fileNames[0])
        return true
      } catch (error) {
        if (nameOf(error) === 'NotFoundError') return false
        throw error
      }
    },
  }
}

// Who holds the lock of the tabs is the only one to open it, but for a worker that is just being ended.
async function openFile(directory: FileSystemDirectoryHandle, fileName: string, name: string): Promise<SyncFile> {
  const handle: FileHandle = await directory.getFileHandle(fileName, { create: true })
  if (typeof handle.createSyncAccessHandle !== 'function') {
    throw new CacheError('UNAVAILABLE', `Cannot open ${name}: origin-private files are for dedicated workers only`)
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await handle.createSyncAccessHandle()
    } catch (error) {
      if (attempt === tries || nameOf(error) !== 'NoModificationAllowedError') throw error
    }
    await new Promise(resolve => setTimeout(resolve, pauseMs))
  }
}
