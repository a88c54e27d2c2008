import fs from 'node:fs'
import { type FileEntry, type FileIo, type FileStat, type FileSystem, openFlags } from '../../src/store/file-io.ts'
import { systemError } from '../store/faulty-file-system.ts'
import type { Random } from './random.ts'

/** One thing that was done to a {@link ModelDisk}: inode, data and directory operations apart. */
export type DiskOperation =
  | { readonly kind: 'create' | 'mkdir'; readonly directory: number; readonly name: string; readonly node: number }
  | { readonly kind: 'write'; readonly node: number; readonly at: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'rename'
      readonly directory: number
      readonly name: string
      /** The directory that gets the name. */
      readonly target: number
      readonly to: string
    }
  | { readonly kind: 'unlink'; readonly directory: number; readonly name: string }
  | { readonly kind: 'sync'; readonly node: number }

/**
 * The files below {@link diskPath}, by path; a path that ends with a slash is a directory, which may be empty. `undefined`
 * if the directory itself is not there.
 */
export type DiskFiles = ReadonlyMap<string, Uint8Array> | undefined

/** A name on a disk that nothing was done to yet. */
export interface BaseName {
  readonly directory: number
  readonly name: string
  readonly node: number
  /** `undefined` of a directory. */
  readonly bytes: Uint8Array | undefined
}

interface Node {
  readonly entries: Map<string, number> | undefined
  bytes: Uint8Array
}

export const rootNode = 1
/** The directory that a store is in. */
export const diskPath = '/data'
const empty = new Uint8Array(0)

/** The names of `files`, each after its directory, with the numbers that their nodes have. */
export function baseNames(files: DiskFiles): BaseName[] {
  if (files === undefined) return []
  let next = rootNode + 1
  const names: BaseName[] = [{ directory: rootNode, name: diskPath.slice(1), node: next, bytes: undefined }]
  const directories = new Map([['', next++]])
  const directoryOf = (path: string): number => {
    const known = directories.get(path)
    if (known !== undefined) return known
    const [parent, name] = splitPath(path)
    const directory = directoryOf(parent)
    names.push({ directory, name, node: next, bytes: undefined })
    directories.set(path, next)
    return next++
  }
  for (const [path, bytes] of files) {
    if (path.endsWith('/')) {
      directoryOf(path.slice(0, -1))
      continue
    }
    const [parent, name] = splitPath(path)
    names.push({ directory: directoryOf(parent), name, node: next++, bytes })
  }
  return names
}

function splitPath(path: string): readonly [parent: string, name: string] {
  const at = path.lastIndexOf('/')
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)]
}

/**
 * A file system in memory at the `io` seam of FileStore, which records every operation that changes something or makes
 * something durable. With `random`, calls that would go to the thread pool end in an order of its own, and some writes
 * are short.
 */
export class ModelDisk {
  readonly log: DiskOperation[] = []
  readonly system: FileSystem
  readonly #nodes = new Map<number, Node>([[rootNode, { entries: new Map(), bytes: empty }]])
  readonly #open = new Map<number, { readonly node: number; readonly isAppending: boolean; position: number }>()
  readonly #random: Random | undefined
  #nextNode = rootNode + 1
  #nextFd = 3

  constructor(files: DiskFiles, random?: Random) {
    this.#random = random
    for (const { directory, name, node, bytes } of baseNames(files)) {
      this.#nodes.set(node, { entries: bytes === undefined ? new Map() : undefined, bytes: bytes ?? empty })
      this.#entriesOf(directory).set(name, node)
      this.#nextNode = node + 1
    }
    const blocking = this.#calls()
    const pooled = random === undefined ? blocking : inAnyOrder(blocking, random)
    this.system = { blocking, pooled, platform: 'linux', uid: 1000 }
  }

  /** Names in the directory of the store. */
  names(): string[] {
    return [...(this.#find(diskPath)?.entries?.keys() ?? [])]
  }

  /** Paths of all files below the directory of the store. */
  paths(): string[] {
    return this.#pathsIn(this.#find(diskPath), '')
  }

  #pathsIn(node: Node | undefined, prefix: string): string[] {
    return [...(node?.entries ?? [])].flatMap(([name, number]) => {
      const child = this.#nodes.get(number)!
      return child.entries === undefined ? prefix + name : this.#pathsIn(child, `${prefix}${name}/`)
    })
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
      const next = this.#entriesOf(directory).get(step)
      if (next === undefined) throw systemError('ENOENT')
      if (this.#nodes.get(next)?.entries === undefined) throw systemError('ENOTDIR')
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
    const stat = (number: number): FileStat => statOf(this.#nodes.get(number)!, number)
    return {
      open: (path, flags) => {
        if (flags !== openFlags.create)
          return this.#openNode(this.#numberOf(path), (flags & fs.constants.O_APPEND) !== 0)
        const { directory, name } = this.#split(path)
        if (this.#entriesOf(directory).has(name)) throw systemError('EEXIST')
        const node = this.#add({ entries: undefined, bytes: empty })
        this.#entriesOf(directory).set(name, node)
        this.log.push({ kind: 'create', directory, name, node })
        return this.#openNode(node, false)
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
        if (file.isAppending) file.position = node.bytes.byteLength
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
        const before = this.#entriesOf(target.directory).get(target.name)
        if (before !== undefined && this.#nodes.get(before)!.entries !== undefined) throw systemError('EISDIR')
        // Two names of one file: POSIX has it that nothing is done.
        if (before === node) return
        entries.delete(name)
        this.#entriesOf(target.directory).set(target.name, node)
        this.log.push({ kind: 'rename', directory, name, target: target.directory, to: target.name })
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
        const { entries } = this.#nodes.get(this.#numberOf(path))!
        if (entries === undefined) throw systemError('ENOTDIR')
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

  #openNode(node: number, isAppending: boolean): number {
    const fd = this.#nextFd++
    this.#open.set(fd, { node, isAppending, position: 0 })
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
function statOf(node: Node, number: number): FileStat {
  const isDirectory = node.entries !== undefined
  return {
    size: node.bytes.byteLength,
    mode: isDirectory ? 0o40700 : 0o100600,
    uid: 1000,
    mtimeMs: 0,
    ino: number,
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
