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
// What is smaller is one call to write, on the spot: a trip through the thread pool takes longer.
const heldBytes = 64 * 1024
// Of a body that is there as a whole, up to this size everything but flushing happens on the spot.
const smallBytes = 256 * 1024
// Hashing happens while the piece before is written, and gives the event loop a turn between two.
const pieceBytes = 1024 * 1024

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
  readonly #hash: Hash = createHash('sha256')
  #held: Uint8Array | undefined
  #heldLength = 0
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
    if (this.#file === undefined && this.#hold(bytes)) return void this.#hash.update(bytes)
    await this.#flush(this.#io)
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
      checkSignal(signal)
      const piece = bytes.subarray(at, at + pieceBytes)
      const writing = this.#write(this.#io, piece)
      // Thrown below. A write that goes on while we hash must not end in an error that nobody is there to see.
      writing.catch(() => undefined)
      this.#hash.update(piece)
      await writing
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
    const io = this.#file === undefined ? system.blocking : this.#io
    if (this.#file !== undefined || !this.#hold(trailer)) {
      await this.#flush(io)
      if (trailer.byteLength > 0) await this.#write(io, trailer)
    }
    await this.#flush(io)
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

  #hold(bytes: Uint8Array): boolean {
    const end = this.#heldLength + bytes.byteLength
    if (end > heldBytes) return false
    if (this.#held === undefined || this.#held.byteLength < end) {
      const larger = new Uint8Array(Math.min(heldBytes, Math.max(4096, 2 * end)))
      larger.set(this.#held?.subarray(0, this.#heldLength) ?? [])
      this.#held = larger
    }
    this.#held.set(bytes, this.#heldLength)
    this.#heldLength = end
    return true
  }

  async #flush(io: FileIo): Promise<void> {
    if (this.#heldLength === 0) return
    const held = this.#held!.subarray(0, this.#heldLength)
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
