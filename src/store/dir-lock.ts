/// <reference types="node" />
import type { Server } from 'node:net'
import { builtinModule } from '../bytes/builtin-module.ts'
import { CacheError } from '../errors.ts'
import { claimDirectory } from './claim-lock.ts'
import { systemCode } from './file-error.ts'
import type { DirectoryLock, LockTarget } from './lock-target.ts'

// Of Darwin and the BSDs: open(2) with these takes a flock without waiting.
const openExclusive = 0x20 | 0x04

/**
 * Takes the one writer's lock of a directory, or throws `LOCKED`. The lock is a thing of the kernel that ends with the
 * process, however that ends, and leaves nothing in the directory: on Linux an open file in shared memory (see
 * {@link claimDirectory}) or, where there is none, an abstract socket, on Windows a named pipe, on macOS and the BSDs a
 * lock on the open directory. It also holds against the same process and its worker threads.
 * It does not reach another machine, nor on Linux another container.
 */
export async function lockDirectory(target: LockTarget, platform: string): Promise<DirectoryLock> {
  const name = `coldsnap-store-${target.identity}`
  switch (platform) {
    case 'linux':
    case 'android':
      // Padded to the longest name: some versions of Node.js fill a shorter one with NULs, others do not, and the two
      // would not exclude each other.
      return (
        (await claimDirectory(target, cause => locked(target, cause))) ??
        (await listen(`\0${name}`.padEnd(108, '.').slice(0, 108), target))
      )
    case 'win32':
      return await listen(`\\\\.\\pipe\\${name}`, target)
    case 'darwin':
    case 'freebsd':
    case 'openbsd':
    case 'netbsd':
      return openLocked(target)
    default:
      throw new CacheError('UNAVAILABLE', `Cannot lock ${target.directory}: no lock on ${platform}, see option lock`)
  }
}

function locked(target: LockTarget, cause: unknown): CacheError {
  return new CacheError('LOCKED', `Cannot open ${target.directory}: another writer holds it`, { cause })
}

function unavailable(target: LockTarget, cause: unknown): CacheError {
  const found = systemCode(cause)
  return new CacheError('UNAVAILABLE', `Cannot lock ${target.directory}: ${found}, see option lock`, { cause })
}

async function listen(path: string, target: LockTarget): Promise<DirectoryLock> {
  const net = builtinModule<typeof import('node:net')>('node:net')!
  // Whoever connects is shown out: the socket exists only to have its name.
  const server = net.createServer(socket => socket.destroy())
  // `exclusive`: otherwise the workers of a cluster would share one listening handle and all hold the lock.
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(systemCode(error) === 'EADDRINUSE' ? locked(target, error) : unavailable(target, error)),
    )
    server.listen({ path, exclusive: true }, resolve)
  })
  server.removeAllListeners('error').on('error', () => {})
  server.unref()
  return { release: () => closeServer(server) }
}

function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => server.close(() => resolve()))
}

function openLocked(target: LockTarget): DirectoryLock {
  const fs = builtinModule<typeof import('node:fs')>('node:fs')!
  let fd: number | undefined
  try {
    fd = fs.openSync(target.directory, openExclusive)
  } catch (error) {
    throw systemCode(error) === 'EAGAIN' ? locked(target, error) : unavailable(target, error)
  }
  return {
    release: async () => {
      if (fd !== undefined) fs.closeSync(fd)
      fd = undefined
    },
  }
}
