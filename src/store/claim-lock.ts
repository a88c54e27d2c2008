/// <reference types="node" />
import type { Stats } from 'node:fs'
import { builtinModule } from '../bytes/builtin-module.ts'
import { systemCode } from './file-error.ts'
import type { DirectoryLock, LockTarget } from './lock-target.ts'
import { processStat } from './process-stat.ts'

// In memory, the same for all processes, and empty after a restart of the machine.
const sharedMemory = '/dev/shm'
// Who claims later gives way at once; who claimed earlier waits that long for it.
const waitMs = 2
const maxWaits = 15
// Reasons for having no claim now that may be gone a moment later.
const passing: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM'])

// Not imported: LevelStore runs in browsers too.
const files = (): typeof import('node:fs') => builtinModule<typeof import('node:fs')>('node:fs')!

interface Claim {
  readonly folder: string
  readonly name: string
  readonly fd: number
}

/**
 * The lock of a directory on Linux: a file in memory whose name says which process holds what, and which this process
 * keeps open. A claim counts while `/proc` shows that its process has it open, so the kernel ends it with the process,
 * however that ends. `undefined` where there is no such memory, or no `/proc` that shows this; throws `refuse(cause)` if
 * another claim counts.
 *
 * A socket, which `lockDirectory` falls back to, costs a start-up ten times as much, for the modules it loads.
 */
export async function claimDirectory(
  target: LockTarget,
  refuse: (cause: Error) => Error,
): Promise<DirectoryLock | undefined> {
  for (;;) {
    const claim = makeClaim(target)
    if (claim === undefined) return undefined
    try {
      await outlastRivals(claim, target.identity, refuse)
      // A rival that looked in the instant in which the file was there, but not yet open, took it for a dead one's.
      if (files().existsSync(`${claim.folder}/${claim.name}`)) return lockOf(claim)
    } catch (error) {
      giveUp(claim)
      throw error
    }
    giveUp(claim)
  }
}

async function outlastRivals(claim: Claim, identity: string, refuse: (cause: Error) => Error): Promise<void> {
  for (let waits = 0; ; waits++) {
    const rivals = findRivals(claim, identity)
    if (rivals.length === 0) return
    // The earlier of two that are on their way lets the later one find that out. But that one may hold the lock.
    if (waits === maxWaits || rivals.some(rival => rival < claim.name)) {
      throw refuse(new Error(`Claimed by ${rivals.join(', ')}`))
    }
    await new Promise(resolve => setTimeout(resolve, waitMs))
  }
}

function lockOf(claim: Claim): DirectoryLock {
  let isHeld = true
  return {
    release: async () => {
      if (isHeld) giveUp(claim)
      isHeld = false
    },
  }
}

// `<device>-<inode>.<time, so that names are in the order of the claims>.<process>`, made for us alone.
function makeClaim({ identity, ownerId }: LockTarget): Claim | undefined {
  try {
    const folder = openFolder(ownerId)
    for (;;) {
      const name = `${identity}.${process.hrtime.bigint().toString(16).padStart(16, '0')}.${process.pid}`
      try {
        const claim = { folder, name, fd: files().openSync(`${folder}/${name}`, 'wx', 0o600) }
        if (isSameFile(files().fstatSync(claim.fd), `/proc/${process.pid}/fd/${claim.fd}`)) return claim
        giveUp(claim)
        return undefined
      } catch (error) {
        // Of an earlier process, or of another thread in the same nanosecond.
        if (systemCode(error) !== 'EEXIST') throw error
      }
    }
  } catch (error) {
    // What passes must not part this writer from others, which do not look for a socket.
    if (passing.has(systemCode(error))) throw error
    return undefined
  }
}

// One folder per owner of stores, that others can neither fill nor empty. Root may come first and leaves it to him.
function openFolder(ownerId: number): string {
  const userId = process.geteuid?.()
  if (userId !== ownerId && userId !== 0) throw new Error('Not our store')
  // Of `pid:[4026531836]` the number.
  const namespace = files().readlinkSync('/proc/self/ns/pid').slice('pid:['.length, -1)
  const folder = `${sharedMemory}/coldsnap-${ownerId}-${namespace}`
  if (files().lstatSync(folder, { throwIfNoEntry: false }) === undefined) makeFolder(folder, ownerId, userId)
  const found = files().lstatSync(folder)
  if (!found.isDirectory() || found.uid !== ownerId || (found.mode & 0o77) !== 0) throw new Error('Not our folder')
  return folder
}

function makeFolder(folder: string, ownerId: number, userId: number): void {
  try {
    files().mkdirSync(folder, 0o700)
    if (userId !== ownerId) files().chownSync(folder, ownerId, -1)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
}

// Names of the other claims that count, in their order; those that do not any more are removed.
function findRivals({ folder, name }: Claim, identity: string): string[] {
  const rivals: string[] = []
  for (const other of files().readdirSync(folder).sort()) {
    if (other === name || !other.startsWith(`${identity}.`)) continue
    const pid = Number(other.slice(other.lastIndexOf('.') + 1))
    if (isOpenIn(pid, { folder, name: other })) rivals.push(other)
    else remove(`${folder}/${other}`)
  }
  return rivals
}

// Whether the process has the claim open. It is believed unless `/proc` says that it is gone or has it not: one of root hides
// its files from a user, and a zombie that it has none; a look can fail for reasons of ours, or of another file that the
// process has open.
function isOpenIn(pid: number, { folder, name }: Omit<Claim, 'fd'>): boolean {
  const open = `/proc/${pid}/fd`
  try {
    const claim = files().statSync(`${folder}/${name}`)
    return files()
      .readdirSync(open)
      .some(fd => isSameFile(claim, `${open}/${fd}`))
  } catch (error) {
    const code = systemCode(error)
    return code !== 'ENOENT' && code !== 'ESRCH' && processStat(pid)?.isZombie !== true
  }
}

function isSameFile(a: Stats, path: string): boolean {
  const b = files().statSync(path, { throwIfNoEntry: false })
  return b !== undefined && b.ino === a.ino && b.dev === a.dev
}

function giveUp({ folder, name, fd }: Claim): void {
  remove(`${folder}/${name}`)
  files().closeSync(fd)
}

// Whoever took it away already did no harm.
function remove(path: string): void {
  try {
    files().unlinkSync(path)
  } catch {}
}
