import fs from 'node:fs'
import { basename } from 'node:path'
import { type FileSystem, openFlags } from '../../src/store/file-io.ts'
import { faultyFileSystem, type Operation, systemError } from './faulty-file-system.ts'

/** What Windows forbids, and what a test wants to know of it. */
export interface WindowsRules {
  /** Whether a scanner has a file, so that this call is refused; by default every twentieth call that it can hit. */
  readonly isScanned?: (operation: Operation, path: string) => boolean
  /** Whether a file that is open can be replaced: Windows itself lets Node 24 and later, not Node 20. @default true */
  readonly canReplaceOpen?: boolean
  /** Told of every name that Windows or a file system that ignores case could take for another, or that it refuses. */
  readonly onName?: (name: string) => void
}

// Of those that name a file or directory that is made or looked for.
const naming: readonly Operation[] = ['open', 'rename', 'link', 'unlink', 'mkdir', 'lstat', 'stat']
// A scanner opens a file without sharing: these are then refused.
const scanned: readonly Operation[] = ['open', 'rename', 'unlink', 'lstat']
const reserved = /[<>:"|?*\\]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/**
 * The file system of this machine as Windows would answer: directories and files that are open for reading cannot be
 * flushed, there are no modes and no users, and other programs keep files open. From documents, not from a machine.
 */
export function windowsFileSystem(root: string, rules: WindowsRules = {}): FileSystem {
  const { canReplaceOpen = true, onName } = rules
  let calls = 0
  const isScanned = rules.isScanned ?? (() => ++calls % 20 === 0)
  const opened = new Map<number, { readonly path: string; readonly flags: number }>()

  const fault = (operation: Operation, args: readonly unknown[]): unknown => {
    const paths = args.filter(arg => typeof arg === 'string' && arg.startsWith(root)) as string[]
    if (naming.includes(operation)) for (const path of paths) checkNames(path.slice(root.length))
    if (operation === 'chmod' || operation === 'fchmod') throw new Error('Windows has no modes')
    if (operation === 'fsync') return flush(args[0] as number)
    const isFile = paths.some(path => fs.lstatSync(path, { throwIfNoEntry: false })?.isFile())
    // A new file is nobody's yet.
    if (isFile && scanned.includes(operation) && args[1] !== openFlags.create && isScanned(operation, paths[0]!)) {
      throw systemError(['EPERM', 'EACCES', 'EBUSY'][calls % 3]!)
    }
    const isReplaced = operation === 'rename' && [...opened.values()].some(({ path }) => path === args[1])
    if (isReplaced && !canReplaceOpen) throw systemError('EPERM')
    if (operation === 'close') opened.delete(args[0] as number)
    if (operation !== 'open') return undefined
    const [path, flags, mode] = args as [string, number, number]
    const fd = fs.openSync(path, flags, mode)
    opened.set(fd, { path, flags })
    return fd
  }

  // Nothing is lost here: a flush that is possible is done at once.
  function flush(fd: number): true {
    const canWrite = (opened.get(fd)!.flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0
    if (!canWrite || fs.fstatSync(fd).isDirectory()) throw systemError('EPERM')
    return true
  }

  function checkNames(path: string): void {
    for (const name of path.split('/')) {
      const isOdd = reserved.test(name) || name !== name.toLowerCase() || /[^ -~]/.test(name) || name.length > 255
      if (isOdd && name !== '') onName?.(basename(name))
    }
  }

  return faultyFileSystem(fault, { platform: 'win32', uid: undefined })
}
