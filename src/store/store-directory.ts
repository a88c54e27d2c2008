import { dirname, join } from 'node:path'
import { isTempName } from '../bytes/file-name.ts'
import { CacheError } from '../errors.ts'
import { privateMode, withoutOthers } from './directory-mode.ts'
import { systemCode } from './file-error.ts'
import { type FileIo, type FileStat, type FileSystem, openFlags } from './file-io.ts'
import { retryTransient } from './retry.ts'

// Calls on the spot, but for flushing: to open a store is part of a start, and a turn of the thread pool takes as long as
// all of these together.

// A temporary file this old has no writer any more, if nothing else tells.
const staleTempMs = 10 * 60_000
// What fsync of a directory answers where the file system or the platform has no such thing.
const unsupported: ReadonlySet<string> = new Set([
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EPERM',
  'EISDIR',
  'EACCES',
  'ENOSYS',
])

/**
 * Makes sure that `path` is a directory that only its owner can enter. Missing parents are created, private too.
 * With `fsync`, every directory that got a new entry is flushed.
 */
export async function prepareDirectory(system: FileSystem, path: string, fsync: boolean): Promise<void> {
  const io = system.blocking
  const found = await entryAt(io, path)
  if (found === undefined) {
    await createDirectory(system, path, fsync)
    return
  }
  if (found.isSymbolicLink() && !isTrusted(system, found.uid)) {
    throw new CacheError('NO_ACCESS', `Cannot use ${path}: it is a symbolic link of user ${found.uid}, wanted our own`)
  }
  const stat = await io.stat(path)
  if (!stat.isDirectory()) throw new CacheError('NOT_A_DIRECTORY', `Cannot use ${path}: it is not a directory`)
  await setMode(system, path, stat, withoutOthers(path, stat.mode))
  await io.access(path)
}

/** Whether the directory's entries can be flushed; throws if flushing fails for any other reason. */
export async function canSyncDirectory(system: FileSystem, path: string): Promise<boolean> {
  try {
    await syncDirectory(system, path)
    return true
  } catch (error) {
    if (unsupported.has(systemCode(error))) return false
    throw error
  }
}

/** Flushes the entries of a directory: names given, changed and taken away so far are there after a power loss. */
export async function syncDirectory({ blocking, pooled }: FileSystem, path: string): Promise<void> {
  const fd = await retryTransient(() => blocking.open(path, openFlags.directory, 0))
  try {
    await pooled.fsync(fd)
  } finally {
    await blocking.close(fd)
  }
}

/**
 * Removes the temporary files that dead writers left. With `alone` (we hold the lock) that is every one of them,
 * otherwise only those no running writer can still need.
 */
export async function removeStaleTemps(system: FileSystem, path: string, alone: boolean): Promise<void> {
  const io = system.blocking
  for (const entry of await retryTransient(() => io.readdir(path))) {
    if (!isTempName(entry.name) || !entry.isFile()) continue
    const temp = join(path, entry.name)
    try {
      if (alone || (await io.lstat(temp)).mtimeMs < Date.now() - staleTempMs) await io.unlink(temp)
    } catch {
      // Litter that cannot be removed is no reason to refuse the store; the next writer tries again.
    }
  }
}

async function createDirectory(system: FileSystem, path: string, fsync: boolean): Promise<void> {
  const io = system.blocking
  const parent = dirname(path)
  try {
    await io.mkdir(path, privateMode)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return
    if (systemCode(error) !== 'ENOENT' || parent === path) throw error
    await createDirectory(system, parent, fsync)
    try {
      await io.mkdir(path, privateMode)
    } catch (again) {
      if (systemCode(again) !== 'EEXIST') throw again
    }
  }
  // An unusual umask may have taken rights away from us.
  const stat = await io.stat(path)
  await setMode(system, path, stat, (stat.mode & 0o7000) | privateMode)
  if (fsync) await canSyncDirectory(system, parent)
}

async function setMode(system: FileSystem, path: string, stat: FileStat, wanted: number): Promise<void> {
  if (system.platform === 'win32' || (stat.mode & 0o7777) === wanted) return
  try {
    await system.blocking.chmod(path, wanted)
  } catch (error) {
    const code = systemCode(error)
    // Our own directory that takes no modes: the file system has none (FAT, some network mounts).
    if (code === 'EPERM' && stat.uid === system.uid) return
    if (code !== 'EPERM' && code !== 'EACCES') throw error
    const mode = (stat.mode & 0o777).toString(8)
    throw new CacheError(
      'NO_ACCESS',
      `Cannot make ${path} private: it has mode ${mode} and user ${stat.uid}, wanted ${(wanted & 0o777).toString(8)}`,
      {
        cause: error,
      },
    )
  }
}

function isTrusted(system: FileSystem, uid: number): boolean {
  return system.uid === undefined || uid === system.uid || uid === 0
}

async function entryAt(io: FileIo, path: string): Promise<FileStat | undefined> {
  try {
    return await io.lstat(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
