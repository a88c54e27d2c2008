import { type FileEntry, type FileIo, type FileStat, type FileSystem, openFlags } from '../../src/store/file-io.ts'
import { systemError } from '../store/faulty-file-system.ts'
import type { Random } from './random.ts'

/** One thing that was done to a {@link ModelDisk}: inode, data and directory operations apart. */
export type DiskOperation =
  | { readonly kind: 'create' | 'mkdir'; readonly directory: number; readonly name: string; readonly node: number }
  | { readonly kind: 'write'; readonly node: number; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'rename'; readonly directory: number; readonly name: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly directory: number; readonly name: string }
  | { readonly kind: 'sync'; readonly node: number }

/** The files of one directory; `undefined` if the directory itself is not there. */
export type DiskFiles = ReadonlyMap<string, Uint8Array> | undefined

interface Node {
  readonly entries: Map<string, number> | undefined
  bytes: Uint8Array
}

export const rootNode = 1
/** The only directory that a store is in. */
export const diskPath = '/data'
const empty = new Uint8Array(0)

/**
 * A file system in memory at the `io` seam of FileStore, which records every operation that changes something or makes
 * something durable. With `random`, calls that would go to the thread pool end in an order of its own, and some writes
 * are short.
 */
export class ModelDisk {
  readonly log: DiskOperation[] = []
  readonly system: FileSystem
  readonly #nodes = new Map<number, Node>([[rootNode, { entries: new Map(), bytes: empty }]])
  readonly #open = new Map<number, { readonly node: number; position: number }>()
  readonly #random: Random | undefined
  #nextNode = rootNode + 1
  #nextFd = 3

  constructor(files: DiskFiles, random?: Random) {
    this.#random = random
    if (files !== undefined) {
      const entries = new Map<string, number>()
      this.#nodes.get(rootNode)!.entries!.set(diskPath.slice(1), this.#add({ entries, bytes: empty }))
      for (const [name, bytes] of files) entries.set(name, this.#add({ entries: undefined, bytes }))
    }
    const blocking = this.#calls()
    const pooled = random === undefined ? blocking : inAnyOrder(blocking, random)
    this.system = { blocking, pooled, platform: 'linux', uid: 1000 }
  }

  /** Names in the directory of the store. */
  names(): string[] {
    return [...(this.#find(diskPath)?.entries?.keys() ?? [])]
  }

  #add(node: Node): number {
    const number = this.#nextNode++
    this.#nodes.set(number, node)
    return number
  }

  #split(path: string): { readonly directory: number; readonly name: string } {
    const steps = path.split(/[\\/]/).filter(step => step !== '' && !step.endsWith(':'))
    const name = steps.pop() ?? ''
    let directory = rootNode
    for (const step of steps) {
      const next = this.#nodes.get(directory)?.entries?.get(step)
      if (next === undefined) throw systemError('ENOENT')
      directory = next
    }
    return { directory, name }
  }

  #numberOf(path: string): number {
    const { directory, name } = this.#split(path)
    if (name === '') return rootNode
    const number = this.#nodes.get(directory)?.entries?.get(name)
    if (number === undefined) throw systemError('ENOENT')
    return number
  }

  #find(path: string): Node | undefined {
    try {
      return this.#nodes.get(this.#numberOf(path))
    } catch {
      return undefined
    }
  }

  #entriesOf(directory: number): Map<string, number> {
    return this.#nodes.get(directory)!.entries!
  }

  #calls(): FileIo {
    const stat = (number: number): FileStat => statOf(this.#nodes.get(number)!)
    return {
      open: (path, flags) => {
        if (flags !== openFlags.create) return this.#openNode(this.#numberOf(path))
        const { directory, name } = this.#split(path)
        if (this.#entriesOf(directory).has(name)) throw systemError('EEXIST')
        const node = this.#add({ entries: undefined, bytes: empty })
        this.#entriesOf(directory).set(name, node)
        this.log.push({ kind: 'create', directory, name, node })
        return this.#openNode(node)
      },
      read: (fd, bytes, offset, length, position) => {
        const found = this.#nodes.get(this.#open.get(fd)!.node)!.bytes.subarray(position, position + length)
        bytes.set(found, offset)
        return found.byteLength
      },
      write: (fd, bytes, offset, length) => {
        const size = length > 1 && this.#random?.chance(0.15) === true ? length >> 1 : length
        const file = this.#open.get(fd)!
        const node = this.#nodes.get(file.node)!
        const part = bytes.slice(offset, offset + size)
        this.log.push({ kind: 'write', node: file.node, at: file.position, bytes: part })
        node.bytes = overwrite(node.bytes, file.position, part)
        file.position += size
        return size
      },
      fstat: fd => stat(this.#open.get(fd)!.node),
      fchmod: () => undefined,
      fsync: fd => void this.log.push({ kind: 'sync', node: this.#open.get(fd)!.node }),
      close: fd => void this.#open.delete(fd),
      rename: (from, to) => {
        const { directory, name } = this.#split(from)
        const target = this.#split(to)
        const entries = this.#entriesOf(directory)
        const node = entries.get(name)
        if (node === undefined) throw systemError('ENOENT')
        if (target.directory !== directory) throw systemError('EXDEV')
        entries.delete(name)
        entries.set(target.name, node)
        this.log.push({ kind: 'rename', directory, name, to: target.name })
      },
      link: () => {
        throw systemError('EPERM')
      },
      unlink: path => {
        const { directory, name } = this.#split(path)
        if (!this.#entriesOf(directory).delete(name)) throw systemError('ENOENT')
        this.log.push({ kind: 'unlink', directory, name })
      },
      mkdir: path => {
        const { directory, name } = this.#split(path)
        if (this.#entriesOf(directory).has(name)) throw systemError('EEXIST')
        const node = this.#add({ entries: new Map(), bytes: empty })
        this.#entriesOf(directory).set(name, node)
        this.log.push({ kind: 'mkdir', directory, name, node })
      },
      chmod: () => undefined,
      readdir: path => {
        const entries = this.#nodes.get(this.#numberOf(path))!.entries!
        return Array.from(entries, ([name, node]): FileEntry => {
          return { name, isFile: () => this.#nodes.get(node)!.entries === undefined }
        })
      },
      stat: path => stat(this.#numberOf(path)),
      lstat: path => stat(this.#numberOf(path)),
      access: path => void this.#numberOf(path),
      identity: path => String(this.#numberOf(path)),
    }
  }

  #openNode(node: number): number {
    const fd = this.#nextFd++
    this.#open.set(fd, { node, position: 0 })
    return fd
  }
}

/** `before` with `bytes` at offset `at`; a gap is zeros. */
export function overwrite(before: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  if (at === 0 && bytes.byteLength >= before.byteLength) return bytes
  const after = new Uint8Array(Math.max(before.byteLength, at + bytes.byteLength))
  after.set(before)
  after.set(bytes, at)
  return after
}

// Everything is an hour old: what dead writers left may be removed.
function statOf(node: Node): FileStat {
  const isDirectory = node.entries !== undefined
  return {
    size: node.bytes.byteLength,
    mode: isDirectory ? 0o40700 : 0o100600,
    uid: 1000,
    mtimeMs: 0,
    isFile: () => !isDirectory,
    isDirectory: () => isDirectory,
    isSymbolicLink: () => false,
  }
}

// A call takes effect some turns after it was made, so that calls at the same time overtake each other.
function inAnyOrder(io: FileIo, random: Random): FileIo {
  return new Proxy(io, {
    get(target, name, receiver) {
      const call: unknown = Reflect.get(target, name, receiver)
      if (typeof call !== 'function') return call
      return async (...args: unknown[]): Promise<unknown> => {
        for (let turns = random.below(4); turns > 0; turns--) await undefined
        return Reflect.apply(call, target, args)
      }
    },
  })
}
