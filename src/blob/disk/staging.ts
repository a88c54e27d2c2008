import { createHash, type Hash } from 'node:crypto'
import { join } from 'node:path'
import { checkSignal } from '../../core/check.ts'
import { CacheError } from '../../errors.ts'
import { quietly, writeAll } from '../../store/atomic-file.ts'
import { systemCode } from '../../store/file-error.ts'
import { type FileIo, type FileSystem, openFlags } from '../../store/file-io.ts'
import { retryTransient } from '../../store/retry.ts'
import { workName } from './work-files.ts'

const fileMode = 0o600
// Chunks of a stream are gathered, and written by one call while the next ones come in: twice this memory for each stream.
const gatherBytes = 512 * 1024
// A body that is there as a whole is only copied if it is one call to write then, together with its trailer.
const copiedBytes = 64 * 1024
// Up to this size everything but flushing happens on the spot: a trip through the thread pool takes longer.
const smallBytes = 256 * 1024
// One call writes so much of a body that is there as a whole. Few calls are cheaper, but between two an abort can end it.
const callBytes = 8 * 1024 * 1024
// What is hashed before the event loop gets a turn.
const hashBytes = 1024 * 1024

/** Where and how bodies are staged. */
export interface StagingPlace {
  readonly system: FileSystem
  /** Of temporary files; in the file system of the entries. */
  readonly directory: string
  readonly fsync: boolean
  /** Makes the directory again, should someone have removed it. */
  readonly prepare: () => Promise<void>
}

/**
 * A body on its way into the store: bytes are appended, counted and hashed; they go to a temporary file, in pieces of a
 * bounded size. Whoever makes one calls {@link discard} in the end, whatever happened; it does nothing to a file that was
 * moved away.
 */
export class Staging {
  readonly #place: StagingPlace
  readonly #maxBytes: number
  readonly #io: FileIo
  readonly #directBytes: number
  readonly #hash: Hash = createHash('sha256')
  #held = new Uint8Array(0)
  #heldLength = 0
  // Being written; its memory is the next to gather in.
  #pending: { readonly written: Promise<void>; readonly memory: Uint8Array<ArrayBuffer> } | undefined
  #size = 0
  #written = 0
  #file: { readonly path: string; readonly io: FileIo; readonly fd: number } | undefined
  #isClosed = false

  /** `maxBytes`: what no body can be larger than, because it would not be kept. `size`: where it is known before. */
  constructor(place: StagingPlace, maxBytes: number, size: number = Number.POSITIVE_INFINITY) {
    const { system } = place
    this.#place = place
    this.#maxBytes = maxBytes
    this.#io = size <= smallBytes ? system.blocking : system.pooled
    this.#directBytes = size === Number.POSITIVE_INFINITY ? gatherBytes : copiedBytes
  }

  /** Bytes of the body so far. */
  get size(): number {
    return this.#size
  }

  /** Appends to the body; the bytes may be reused afterwards. */
  async append(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#size += bytes.byteLength
    if (this.#size > this.#maxBytes) {
      throw new CacheError('VALUE_TOO_LARGE', `Cannot put a blob: found more than ${this.#maxBytes} bytes`)
    }
    if (bytes.byteLength >= this.#directBytes) return await this.#appendDirectly(bytes, signal)
    this.#hash.update(bytes)
    for (let at = 0; at < bytes.byteLength; ) {
      at += this.#hold(bytes.subarray(at))
      if (this.#heldLength === gatherBytes) await this.#writeBehind(signal)
    }
  }

  /** The SHA-256 of the body. Nothing is appended to the body afterwards. */
  digest(): Buffer {
    return this.#hash.digest()
  }

  /** Writes `trailer` after the body, flushes the file if the store does, and closes it. Gives its path. */
  async seal(trailer: Uint8Array): Promise<string> {
    const { system, fsync } = this.#place
    // A stream that turned out to be a few bytes.
    const isSmall = this.#file === undefined && this.#heldLength + trailer.byteLength <= smallBytes
    const io = isSmall ? system.blocking : this.#io
    const taken = this.#hold(trailer)
    await this.#flush(io)
    if (taken < trailer.byteLength) await this.#write(io, trailer.subarray(taken))
    const { fd, path } = await this.#open(io)
    const stat = await io.fstat(fd)
    if (stat.size !== this.#written)
      throw new Error(`The file has ${stat.size} bytes after writing, wanted ${this.#written}`)
    if (system.platform !== 'win32' && (stat.mode & 0o777) !== fileMode) await io.fchmod(fd, fileMode)
    // Neither flush nor close is ever tried twice: after a failure the kernel may have dropped the bytes.
    if (fsync) await system.pooled.fsync(fd)
    this.#isClosed = true
    await io.close(fd)
    return path
  }

  /** Gives up what is left: closes and removes the temporary file if it is still there. */
  async discard(): Promise<void> {
    // Its descriptor must not be another file's before it has ended.
    await this.#pending?.written.catch(() => undefined)
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    if (!this.#isClosed) await quietly(() => file.io.close(file.fd))
    await quietly(() => retryTransient(() => file.io.unlink(file.path)))
  }

  /** To be called once the file has got its name in the store: there is nothing to discard any more. */
  published(): void {
    this.#file = undefined
  }

  // Written from where it is, while it is hashed.
  async #appendDirectly(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    await this.#flush(this.#io)
    for (let at = 0; at < bytes.byteLength; at += callBytes) {
      checkSignal(signal)
      const piece = bytes.subarray(at, at + callBytes)
      const writing = this.#write(this.#io, piece)
      // Thrown below. A write that goes on while we hash must not end in an error that nobody is there to see.
      writing.catch(() => undefined)
      try {
        for (let from = 0; from < piece.byteLength; from += hashBytes) {
          if (from > 0) await new Promise<void>(resolve => setImmediate(resolve))
          this.#hash.update(piece.subarray(from, from + hashBytes))
        }
      } finally {
        await writing
      }
    }
  }

  // Takes as much of `bytes` as there is room for; gives how much that is.
  #hold(bytes: Uint8Array): number {
    const end = Math.min(this.#heldLength + bytes.byteLength, gatherBytes)
    if (this.#held.byteLength < end) {
      const larger = new Uint8Array(Math.min(gatherBytes, Math.max(4096, 2 * end)))
      larger.set(this.#held.subarray(0, this.#heldLength))
      this.#held = larger
    }
    const taken = end - this.#heldLength
    this.#held.set(bytes.subarray(0, taken), this.#heldLength)
    this.#heldLength = end
    return taken
  }

  // Waits for what was being written before, and not for this; an error is thrown by whoever waits next.
  async #writeBehind(signal: AbortSignal | undefined): Promise<void> {
    checkSignal(signal)
    const next = this.#pending?.memory ?? new Uint8Array(gatherBytes)
    await this.#pending?.written
    const memory = this.#held
    const written = this.#write(this.#io, memory.subarray(0, this.#heldLength))
    written.catch(() => undefined)
    this.#pending = { written, memory }
    this.#held = next
    this.#heldLength = 0
  }

  async #flush(io: FileIo): Promise<void> {
    await this.#pending?.written
    this.#pending = undefined
    if (this.#heldLength === 0) return
    const held = this.#held.subarray(0, this.#heldLength)
    this.#heldLength = 0
    await this.#write(io, held)
  }

  async #write(io: FileIo, bytes: Uint8Array): Promise<void> {
    const { fd } = await this.#open(io)
    await writeAll(io, fd, bytes)
    this.#written += bytes.byteLength
  }

  async #open(io: FileIo): Promise<{ readonly fd: number; readonly path: string }> {
    if (this.#file !== undefined) return this.#file
    const path = join(this.#place.directory, workName('body'))
    const open = (): Promise<number> => retryTransient(() => io.open(path, openFlags.create, fileMode))
    let fd: number
    try {
      fd = await open()
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      await this.#place.prepare()
      fd = await open()
    }
    this.#file = { path, io, fd }
    return this.#file
  }
}
