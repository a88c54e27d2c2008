/// <reference types="node" />
import { builtinModule } from '../bytes/builtin-module.ts'
import { CacheError, isCacheError } from '../errors.ts'
import { lockDirectory } from './dir-lock.ts'
import { privateMode, withoutOthers } from './directory-mode.ts'
import { systemCode } from './file-error.ts'
import type { DirectoryLock } from './lock-target.ts'

type Fs = typeof import('node:fs')
type Path = typeof import('node:path')

/** What the database itself does not watch over, done for one that is open. */
export interface LevelGuard {
  /** Whether every other writer is kept out, and was since the database was opened. */
  readonly isAlone: boolean
  /** Throws if nothing may be written. */
  checkWrite(): void
  /** Whether about `bytes` more fit on the disk. True if that cannot be told. */
  hasRoom(bytes: number): boolean
  /** Ends the claim on the directory. */
  release(): Promise<void>
}

// Shared by all copies of this package in the process; worker threads have their own, see the lock below.
const registryKey = Symbol.for('coldsnap.level.directories')

/**
 * Claims the directory of a LevelDB database before LevelDB sees it. Throws `LOCKED` if this process has it open
 * already: a second open in one process fails too, but on its way out it drops the operating system's lock, and a
 * third process could then open and destroy the database. Throws `CORRUPT` if the file CURRENT is missing beside data:
 * LevelDB would start empty and delete the data. Creates the directory with mode 0700.
 * Resolves to `undefined` where there are no files (browsers).
 */
export async function guardLevelDirectory(location: string): Promise<LevelGuard | undefined> {
  const fs = builtinModule<Fs>('node:fs')
  const path = builtinModule<Path>('node:path')
  if (fs === undefined || path === undefined) return undefined
  const real = prepare(fs, path, path.resolve(location))
  const directories = openDirectories()
  if (directories.has(real)) {
    throw new CacheError('LOCKED', `Cannot open ${real}: this process has it open already`)
  }
  directories.add(real)
  let lock: DirectoryLock | undefined
  try {
    lock = await lockIfPossible(fs, real)
    checkCurrent(fs, real)
  } catch (error) {
    await lock?.release()
    directories.delete(real)
    throw error
  }
  return {
    isAlone: true,
    checkWrite: () => undefined,
    hasRoom: bytes => hasRoom(fs, path, real, bytes),
    release: async () => {
      await lock?.release()
      directories.delete(real)
    },
  }
}

function openDirectories(): Set<string> {
  const holder = globalThis as typeof globalThis & { [registryKey]?: Set<string> }
  holder[registryKey] ??= new Set()
  return holder[registryKey]
}

function prepare(fs: Fs, path: Path, location: string): string {
  const isNew = makeDirectory(fs, path, location)
  const real = fs.realpathSync(location)
  const { mode } = fs.statSync(real)
  // The files in it are 0644 less the umask, which is LevelDB's choice: the directory is what keeps others out.
  // A new one may have lost rights of ours to an unusual umask.
  const wanted = isNew ? privateMode : withoutOthers(real, mode)
  if (process.platform !== 'win32' && (mode & 0o7777) !== wanted) setMode(fs, real, wanted)
  return real
}

/** Whether it was not there. */
function makeDirectory(fs: Fs, path: Path, location: string): boolean {
  try {
    return fs.mkdirSync(location, { recursive: true, mode: privateMode }) !== undefined
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    // The recursive call says so of a read-only file system too: making one directory tells the reason.
    let missing = location
    while (path.dirname(missing) !== missing && !fs.existsSync(path.dirname(missing))) missing = path.dirname(missing)
    fs.mkdirSync(missing, { mode: privateMode })
    throw error
  }
}

function setMode(fs: Fs, directory: string, mode: number): void {
  try {
    fs.chmodSync(directory, mode)
  } catch (error) {
    // Our own directory that takes no modes: the file system has none.
    if (systemCode(error) !== 'EPERM' || fs.statSync(directory).uid !== process.geteuid?.()) throw error
  }
}

// Reaches the worker threads of this process, which LevelDB's own lock does not tell apart from us. Where the system
// has no such lock, the registry and LevelDB's own remain.
async function lockIfPossible(fs: Fs, directory: string): Promise<DirectoryLock | undefined> {
  const stat = fs.statSync(directory, { bigint: true })
  const identity = `${stat.dev.toString(16)}-${stat.ino.toString(16)}`
  try {
    return await lockDirectory({ directory, identity, ownerId: Number(stat.uid) }, process.platform)
  } catch (error) {
    if (isCacheError(error, 'UNAVAILABLE')) return undefined
    throw error
  }
}

function checkCurrent(fs: Fs, directory: string): void {
  const names = fs.readdirSync(directory)
  if (names.includes('CURRENT')) return
  // MANIFEST-000001 alone is a first open that was cut short: nothing was stored yet.
  const data = names.filter(name => /^\d+\.(?:ldb|sst|log)$|^MANIFEST-(?!000001$)\d+$/.test(name))
  if (data.length === 0) return
  throw new CacheError(
    'CORRUPT',
    `Cannot open ${directory}: CURRENT is missing beside ${data.length} data files, which LevelDB would delete`,
  )
}

function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  // The call fills at most 64 KiB.
  for (let at = 0; at < size; at += 65_536) globalThis.crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

// By trying: free space as the system reports it does not know quotas and limits.
function hasRoom(fs: Fs, path: Path, directory: string, bytes: number): boolean {
  const probe = path.join(directory, 'coldsnap-probe')
  let needed = bytes
  try {
    for (const name of fs.readdirSync(directory)) {
      // Opening writes what the logs hold into tables.
      if (name.endsWith('.log')) needed += fs.statSync(path.join(directory, name)).size
    }
    // Random, because some file systems give zeros no space.
    fs.writeFileSync(probe, randomBytes(needed), { mode: 0o600 })
    return fs.statSync(probe).size === needed
  } catch (error) {
    return !['ENOSPC', 'EDQUOT', 'EFBIG'].includes(systemCode(error))
  } finally {
    fs.rmSync(probe, { force: true })
  }
}
