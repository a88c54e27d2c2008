import fs from 'node:fs'
import { expect } from 'vitest'
import { type FileSystem, openFlags, realFileSystem } from '../../src/store/file-io.ts'
import { faultyFileSystem, type Operation, systemError } from '../store/faulty-file-system.ts'

/** One way in which a file system call can go wrong. */
export interface FaultKind {
  readonly title: string
  /** The code the call fails with; `undefined` if it does not fail by a system error. */
  readonly code: string | undefined
  /** The code the caller must see. */
  readonly wanted: string
  /** Whether it can hit this call. Only calls that it can hit are counted. */
  hits(operation: Operation, args: readonly unknown[]): boolean
  run(operation: Operation, args: readonly unknown[]): unknown
}

const changing: readonly Operation[] = ['write', 'fchmod', 'fsync', 'rename', 'unlink', 'mkdir', 'chmod']

function changes(operation: Operation, args: readonly unknown[]): boolean {
  return changing.includes(operation) || (operation === 'open' && args[1] === openFlags.create)
}

/** Conditions that pass: calls that can be made again are. */
export const transientCodes: readonly string[] = ['EMFILE', 'EINTR']

/** Calls that are not made again, whatever they fail with: the second answer would be worthless, or nobody waits for it. */
export const finalOperations: readonly Operation[] = ['fsync', 'close', 'fstat', 'fchmod', 'lstat', 'stat', 'identity']

/** Any call fails with `code`. A descriptor is gone all the same, as it is on Linux. */
export function failsWith(code: string, wanted: string): FaultKind {
  return {
    title: code,
    code,
    wanted,
    hits: () => true,
    run: (operation, args) => {
      if (operation === 'close') fs.closeSync(args[0] as number)
      throw systemError(code)
    },
  }
}

/** Calls that change something fail with `code`; reading goes on. */
export function refusesChanges(code: string, wanted: string): FaultKind {
  return { ...failsWith(code, wanted), title: `${code} for changes`, hits: changes }
}

/** The call did all it should, and then says that it failed. */
export const failsAfterwards: FaultKind = {
  title: 'EIO after the fact',
  code: 'EIO',
  wanted: 'IO',
  hits: operation => operation === 'rename' || operation === 'unlink',
  run: (operation, args) => {
    const [path, to] = args as [string, string]
    if (operation === 'rename') fs.renameSync(path, to)
    else fs.unlinkSync(path)
    throw systemError('EIO')
  },
}

/** Half of the bytes are written, and the answer says so. */
export const shortWrite: FaultKind = {
  title: 'a short write',
  code: undefined,
  wanted: 'IO',
  hits: operation => operation === 'write',
  run: (_, args) => writeHalf(args),
}

/** Half of the bytes are written, and the answer says that it was all. */
export const falseWrite: FaultKind = {
  title: 'a short write that is not told',
  code: undefined,
  wanted: 'IO',
  hits: (operation, args) => operation === 'write' && (args[3] as number) > 1,
  run: (_, args) => {
    writeHalf(args)
    return args[3]
  },
}

/** As Linux does it: the flush fails, the bytes are dropped, and the next flush would succeed. */
export const failedFlush: FaultKind = {
  title: 'a failed fsync that drops the bytes',
  code: 'EIO',
  wanted: 'IO',
  hits: operation => operation === 'fsync',
  run: (_, args) => {
    const fd = args[0] as number
    if (fs.fstatSync(fd).isFile()) fs.ftruncateSync(fd, 0)
    throw systemError('EIO')
  },
}

function writeHalf(args: readonly unknown[]): number {
  const [fd, data, offset, length] = args as [number, Uint8Array, number, number]
  return fs.writeSync(fd, data, offset, length >> 1)
}

/** The caller was told what `kind` is, and the system's own error with it. */
export function expectTold(error: unknown, kind: FaultKind, at: string): void {
  expect(error, at).toMatchObject({ name: 'CacheError', code: kind.wanted })
  const { cause } = error as Error
  expect(cause, at).toBeInstanceOf(Error)
  if (kind.code !== undefined) expect(cause, at).toMatchObject({ code: kind.code })
}

/** Lets call number `failAt` (from 1, of those that `kind` can hit) go wrong; the later ones too if `forGood`. */
export class FaultPlan {
  /** The real file system with the fault in it; on the spot: what is tested is which call fails, not where it runs. */
  readonly system: FileSystem
  /** The call that went wrong first. */
  hit: Operation | undefined
  /** Descriptors that were opened and not closed. */
  readonly opened: Set<number> = new Set()
  #calls = 0
  #isArmed = false

  constructor(kind: FaultKind, failAt: number, forGood: boolean) {
    const fault = (operation: Operation, args: readonly unknown[]): unknown => {
      if (operation === 'close') this.opened.delete(args[0] as number)
      if (this.#isArmed && kind.hits(operation, args)) {
        this.#calls++
        if (forGood ? this.#calls >= failAt : this.#calls === failAt) {
          this.hit ??= operation
          return kind.run(operation, args)
        }
      }
      // No power is lost here: real flushes would only take time.
      if (operation === 'fsync') return true
      if (operation !== 'open') return undefined
      const [path, flags, mode] = args as [string, number, number]
      const fd = fs.openSync(path, flags, mode)
      this.opened.add(fd)
      return fd
    }
    this.system = faultyFileSystem(fault, { pooled: realFileSystem.blocking })
  }

  arm(): void {
    this.#isArmed = true
  }

  heal(): void {
    this.#isArmed = false
  }
}
