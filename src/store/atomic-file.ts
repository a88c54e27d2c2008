/// <reference types="node" />
import { join } from 'node:path'
import { tempName } from '../bytes/file-name.ts'
import { checkSignal } from '../core/check.ts'
import { systemCode } from './file-error.ts'
import { type FileIo, openFlags } from './file-io.ts'
import { retrySharing, retryTransient } from './retry.ts'

const fileMode = 0o600
// By this thread, so that no two of its temporary files have one name.
let written = 0
// One call moves at most 2 GiB on every platform; half of that keeps clear of the limits.
const maxCallBytes = 2 ** 30

/** What {@link writeFileAtomically} is to write, and how. */
export interface AtomicWrite {
  readonly directory: string
  readonly name: string
  /** Written one after the other. */
  readonly parts: readonly Uint8Array[]
  /** Flush the file before it gets its name. */
  readonly fsync: boolean
  readonly platform: string
  /** Once aborted, the file does not get its name any more: the caller may have changed the bytes since. */
  readonly signal: AbortSignal | undefined
}

/**
 * Puts a file in place whole or not at all: a temporary file gets every byte, is flushed if asked, and then takes the
 * name in one step. Whatever fails, the temporary file is removed. Flushing the directory is the caller's.
 */
export async function writeFileAtomically(io: FileIo, write: AtomicWrite): Promise<void> {
  const temp = join(write.directory, tempName(process.pid, process.hrtime.bigint(), written++))
  const fd = await retryTransient(() => io.open(temp, openFlags.create, fileMode))
  try {
    await fill(io, fd, write)
    checkSignal(write.signal)
    await retrySharing(() => io.rename(temp, join(write.directory, write.name)), write.platform)
  } catch (error) {
    await discard(io, temp)
    throw error
  }
}

// Ends with the descriptor closed, also on failure. Neither fsync nor close is ever tried twice: after a failure the
// kernel may have dropped the bytes, and the second call would report success.
async function fill(io: FileIo, fd: number, write: AtomicWrite): Promise<void> {
  let closed = false
  try {
    let size = 0
    for (const part of write.parts) {
      await writeAll(io, fd, part)
      size += part.byteLength
    }
    const stat = await io.fstat(fd)
    if (stat.size !== size) throw new Error(`The file has ${stat.size} bytes after writing, wanted ${size}`)
    if (write.platform !== 'win32' && (stat.mode & 0o777) !== fileMode) await io.fchmod(fd, fileMode)
    if (write.fsync) await io.fsync(fd)
    closed = true
    await io.close(fd)
  } catch (error) {
    if (!closed) await quietly(() => io.close(fd))
    throw error
  }
}

/** Writes all of `bytes` at the end of a file that is written from its start, however many calls that takes. */
export async function writeAll(io: FileIo, fd: number, bytes: Uint8Array): Promise<void> {
  let offset = 0
  while (offset < bytes.byteLength) {
    const length = Math.min(bytes.byteLength - offset, maxCallBytes)
    const at = offset
    const written = await retryTransient(() => io.write(fd, bytes, at, length))
    if (written <= 0) throw new Error(`A write of ${length} bytes wrote none`)
    offset += written
  }
}

async function discard(io: FileIo, temp: string): Promise<void> {
  await quietly(() => io.unlink(temp))
}

/** For clean-up after an error that is worth more than the one of the clean-up. */
export async function quietly(run: () => unknown): Promise<void> {
  try {
    await run()
  } catch {}
}

/** A regular file, opened for reading. */
export interface OpenFile {
  readonly fd: number
  readonly size: number
  /** Tells it from another file of the same name. */
  readonly ino: number | undefined
}

// What open says of a name that is no regular file: a symbolic link, a socket or FIFO, a directory on Windows.
const foreign: ReadonlySet<string> = new Set(['ENOENT', 'ELOOP', 'EMLINK', 'EFTYPE', 'ENXIO', 'EISDIR'])

/** Opens a regular file without following a link or waiting for a FIFO; `undefined` if there is none of that name. */
export async function openRegularFile(io: FileIo, path: string, platform: string): Promise<OpenFile | undefined> {
  let fd: number
  try {
    // Windows has no flag against links.
    if (platform === 'win32' && !(await retrySharing(() => isRegularFile(io, path), platform))) return undefined
    fd = await retrySharing(() => io.open(path, openFlags.read, 0), platform)
  } catch (error) {
    if (foreign.has(systemCode(error))) return undefined
    throw error
  }
  try {
    const stat = await io.fstat(fd)
    if (stat.isFile()) return { fd, size: stat.size, ino: stat.ino }
  } catch (error) {
    await quietly(() => io.close(fd))
    throw error
  }
  await io.close(fd)
  return undefined
}

/** Whether `path` itself is a regular file. */
export async function isRegularFile(io: FileIo, path: string): Promise<boolean> {
  try {
    return (await io.lstat(path)).isFile()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

/** Up to `length` bytes from `position` on; fewer only where the file ends. The bytes share their memory with nothing. */
export async function readBytes(io: FileIo, fd: number, position: number, length: number): Promise<Uint8Array> {
  // Not zeroed first: every byte handed out was read. Not from the pool: it would be shared with other buffers.
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length)
  let offset = 0
  while (offset < length) {
    const at = offset
    const size = Math.min(length - at, maxCallBytes)
    const read = await retryTransient(() => io.read(fd, bytes, at, size, position + at))
    if (read === 0) return bytes.slice(0, offset)
    offset += read
  }
  return bytes
}
