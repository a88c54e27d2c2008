import { createHash } from 'node:crypto'
import { quietly, readBytes } from '../../store/atomic-file.ts'
import type { FileIo, FileSystem } from '../../store/file-io.ts'
import { retryTransient } from '../../store/retry.ts'
import type { BlobMeta } from '../blob-meta.ts'
import { DamagedEntry } from './damaged-entry.ts'

// Read in one piece, on the spot: the way through the thread pool takes longer.
const smallBytes = 256 * 1024
// Fewer calls are cheaper, but during the first one there is nothing to hash. So pieces grow, each as long as all before.
const firstPieceBytes = 256 * 1024
const maxPieceBytes = 2 * 1024 * 1024
// Of a stream, which has two in memory: large enough to be quick, small enough for many streams at once.
const maxChunkBytes = 512 * 1024

/** What a {@link BodyFile} is made of. */
export interface BodyFileParts {
  readonly system: FileSystem
  /** Closed by {@link BodyFile.close}. */
  readonly fd: number
  readonly ino: number | undefined
  readonly meta: BlobMeta
  /** The body, where it was read already. */
  readonly loaded?: Uint8Array | undefined
}

/**
 * An open file that starts with the body of a blob. As no file of the store is ever changed, it stays what it is whatever
 * writers do meanwhile.
 */
export class BodyFile {
  readonly meta: BlobMeta
  readonly ino: number | undefined
  readonly #io: FileIo
  readonly #blocking: FileIo
  readonly #fd: number
  readonly #loaded: Uint8Array | undefined
  #isClosed = false

  constructor({ system, fd, ino, meta, loaded }: BodyFileParts) {
    this.meta = meta
    this.ino = ino
    this.#io = meta.size > smallBytes ? system.pooled : system.blocking
    this.#blocking = system.blocking
    this.#fd = fd
    this.#loaded = loaded
  }

  /** Whether {@link load} costs little. */
  get isSmall(): boolean {
    return this.meta.size <= smallBytes
  }

  /** The whole body, or a {@link DamagedEntry} if it does not have its digest. The bytes are the caller's. */
  async load(): Promise<Uint8Array> {
    const { size } = this.meta
    const hash = createHash('sha256')
    let bytes = this.#loaded
    if (bytes === undefined && this.isSmall) bytes = await readBytes(this.#io, this.#fd, 0, size)
    if (bytes !== undefined) {
      hash.update(bytes)
      this.#verify(bytes.byteLength, hash.digest('hex'))
      return bytes
    }
    const all = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer, 0, size)
    // Each piece is hashed while the next one is read.
    let reading = this.#readPiece(all, 0)
    for (let at = 0; at < size; ) {
      const read = await reading
      if (read === 0) throw new DamagedEntry(`its body ends at ${at} of ${size} bytes`, this.ino)
      reading = this.#readPiece(all, at + read)
      // Awaited above, unless something else fails before.
      reading.catch(() => undefined)
      hash.update(all.subarray(at, at + read))
      at += read
    }
    this.#verify(size, hash.digest('hex'))
    return all
  }

  /**
   * The body from `start` to `end`, and then the file is closed. A whole body is verified before its last chunk is handed
   * out; of a part only the length is.
   */
  async *chunks(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    const hash = start === 0 && end === this.meta.size ? createHash('sha256') : undefined
    let reading = this.#readChunk(start, pieceLength(0, end - start, maxChunkBytes))
    try {
      let at = start
      do {
        const chunk = await reading
        at += chunk.byteLength
        if (chunk.byteLength === 0 && at < end) throw new DamagedEntry(`its body ends at ${at} bytes`, this.ino)
        // Read while this one is hashed and used.
        if (at < end) reading = this.#readChunk(at, pieceLength(at - start, end - at, maxChunkBytes))
        hash?.update(chunk)
        if (at >= end && hash !== undefined) this.#verify(at, hash.digest('hex'))
        if (chunk.byteLength > 0) yield chunk
      } while (at < end)
    } finally {
      // Its descriptor must not be another file's before it has ended.
      await reading.catch(() => undefined)
      await this.close()
    }
  }

  /** Closing twice does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    // Nothing was written: whatever close may say, the bytes that were read are what they are.
    await quietly(() => this.#blocking.close(this.#fd))
  }

  #readChunk(at: number, length: number): Promise<Uint8Array> {
    const reading = readBytes(this.#io, this.#fd, at, length)
    // Whoever waits for it hears of a failure; somebody who stops before need not.
    reading.catch(() => undefined)
    return reading
  }

  // As much as one call gives of what comes next; 0 at the end.
  async #readPiece(all: Uint8Array, at: number): Promise<number> {
    const length = pieceLength(at, all.byteLength - at, maxPieceBytes)
    return length === 0 ? 0 : await retryTransient(() => this.#io.read(this.#fd, all, at, length, at))
  }

  #verify(size: number, etag: string): void {
    if (size !== this.meta.size) throw new DamagedEntry(`its body is ${size} bytes, wanted ${this.meta.size}`, this.ino)
    if (etag !== this.meta.etag) throw new DamagedEntry('its body does not have its digest', this.ino)
  }
}

function pieceLength(done: number, rest: number, max: number): number {
  return Math.min(Math.max(firstPieceBytes, done), max, rest)
}

/** How much of a file of `size` bytes to read first: all of a small one, else just what comes after the body. */
export function firstRead(size: number): number {
  return size <= smallBytes ? size : Math.min(size, 4096)
}
