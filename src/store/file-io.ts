/// <reference types="node" />
import { builtinModule } from '../bytes/builtin-module.ts'

// An import would touch every export, which brings in all of Node's streams: two milliseconds of each start-up.
const fs = builtinModule<typeof import('node:fs')>('node:fs')!

/** What `await` turns into `T`. */
export type Awaitable<T> = T | Promise<T>

/** The facts of a file that the file store looks at. */
export interface FileStat {
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly mtimeMs: number
  /** Number of the file in its file system. */
  readonly ino?: number
  /** How many names it has. */
  readonly nlink?: number
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

/** One name of a directory. */
export interface FileEntry {
  readonly name: string
  isFile(): boolean
}

/**
 * Every file system call of the file store, one method per system call, so that a test can fail, shorten or record
 * each of them. Methods may answer at once or by a promise; a failure throws or rejects with a `code`.
 */
export interface FileIo {
  open(path: string, flags: number, mode: number): Awaitable<number>
  read(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): Awaitable<number>
  write(fd: number, bytes: Uint8Array, offset: number, length: number): Awaitable<number>
  fstat(fd: number): Awaitable<FileStat>
  fchmod(fd: number, mode: number): Awaitable<void>
  fsync(fd: number): Awaitable<void>
  close(fd: number): Awaitable<void>
  rename(from: string, to: string): Awaitable<void>
  /** Gives a file one more name; fails if there is something of that name. */
  link(from: string, to: string): Awaitable<void>
  unlink(path: string): Awaitable<void>
  mkdir(path: string, mode: number): Awaitable<void>
  chmod(path: string, mode: number): Awaitable<void>
  readdir(path: string): Awaitable<readonly FileEntry[]>
  stat(path: string): Awaitable<FileStat>
  lstat(path: string): Awaitable<FileStat>
  /** Throws unless the directory can be written. */
  access(path: string): Awaitable<void>
  /** Device and inode of `path`, as text. */
  identity(path: string): Awaitable<string>
}

/** The file system of one store: the same calls on the thread pool and on the spot, and whose rules apply. */
export interface FileSystem {
  readonly pooled: FileIo
  readonly blocking: FileIo
  /** As `process.platform`. */
  readonly platform: string
  /** User id of the process; `undefined` where there is none (Windows). */
  readonly uid: number | undefined
}

const identityOf = (stats: { dev: bigint; ino: bigint }): string =>
  `${stats.dev.toString(16)}-${stats.ino.toString(16)}`

const blocking: FileIo = {
  open: (path, flags, mode) => fs.openSync(path, flags, mode),
  read: (fd, bytes, offset, length, position) => fs.readSync(fd, bytes, offset, length, position),
  write: (fd, bytes, offset, length) => fs.writeSync(fd, bytes, offset, length),
  fstat: fd => fs.fstatSync(fd),
  fchmod: (fd, mode) => fs.fchmodSync(fd, mode),
  fsync: fd => fs.fsyncSync(fd),
  close: fd => fs.closeSync(fd),
  rename: (from, to) => fs.renameSync(from, to),
  link: (from, to) => fs.linkSync(from, to),
  unlink: path => fs.unlinkSync(path),
  mkdir: (path, mode) => void fs.mkdirSync(path, mode),
  chmod: (path, mode) => fs.chmodSync(path, mode),
  readdir: path => fs.readdirSync(path, { withFileTypes: true }),
  stat: path => fs.statSync(path),
  lstat: path => fs.lstatSync(path),
  access: path => fs.accessSync(path, fs.constants.W_OK | fs.constants.X_OK),
  identity: path => identityOf(fs.statSync(path, { bigint: true })),
}

// Callbacks with plain descriptors: `fs.promises` and its FileHandle cost about twice as much per small file.
const pooled: FileIo = {
  open: (path, flags, mode) => call(done => fs.open(path, flags, mode, done)),
  read: (fd, bytes, offset, length, position) => call(done => fs.read(fd, bytes, offset, length, position, done)),
  write: (fd, bytes, offset, length) => call(done => fs.write(fd, bytes, offset, length, done)),
  fstat: fd => call(done => fs.fstat(fd, done)),
  fchmod: (fd, mode) => callVoid(done => fs.fchmod(fd, mode, done)),
  fsync: fd => callVoid(done => fs.fsync(fd, done)),
  close: fd => callVoid(done => fs.close(fd, done)),
  rename: (from, to) => callVoid(done => fs.rename(from, to, done)),
  link: (from, to) => callVoid(done => fs.link(from, to, done)),
  unlink: path => callVoid(done => fs.unlink(path, done)),
  mkdir: (path, mode) => callVoid(done => fs.mkdir(path, mode, done)),
  chmod: (path, mode) => callVoid(done => fs.chmod(path, mode, done)),
  readdir: path => call(done => fs.readdir(path, { withFileTypes: true }, done)),
  stat: path => call(done => fs.stat(path, done)),
  lstat: path => call(done => fs.lstat(path, done)),
  access: path => callVoid(done => fs.access(path, fs.constants.W_OK | fs.constants.X_OK, done)),
  identity: path =>
    new Promise((resolve, reject) =>
      fs.stat(path, { bigint: true }, (error, stats) => (error === null ? resolve(identityOf(stats)) : reject(error))),
    ),
}

/** The real file system. */
export const realFileSystem: FileSystem = {
  pooled,
  blocking,
  platform: process.platform,
  uid: process.geteuid?.(),
}

/** Flags of `open`. Those that a platform lacks are 0. */
export interface OpenFlags {
  /** Never through a symbolic link, never waiting for the other end of a FIFO. */
  readonly read: number
  readonly directory: number
  /** A new file, never through a link. */
  readonly create: number
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_DIRECTORY = 0 } = fs.constants

/** See {@link OpenFlags}. */
export const openFlags: OpenFlags = {
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  directory: O_RDONLY | O_DIRECTORY,
  create: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
}

function call<T>(start: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => start((error, result) => (error ? reject(error) : resolve(result))))
}

function callVoid(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start(error => (error ? reject(error) : resolve())))
}
