import { type FileIo, type FileSystem, openFlags } from '../../store/file-io.ts'
import type { Place } from './blob-layout.ts'
import { decodeTrailer, type Trailer, trailerLength } from './entry-trailer.ts'

const glanceBytes = 1024

/**
 * Reads the trailers of many entries one after the other, on the spot and into the same memory: for each the four calls that
 * it takes, and no promise. It only ever says what is so. Whatever is out of the ordinary, a failed call included, is
 * `undefined`, and for who looks closer to tell.
 */
export class EntryGlance {
  readonly #io: FileIo
  readonly #isPossible: boolean
  readonly #bytes = new Uint8Array(glanceBytes)
  // Files of one directory tend to be of one kind. A small one tells its length by where reading ends.
  #wasSmall = false

  constructor({ blocking, platform }: FileSystem) {
    this.#io = blocking
    // Windows has no flag against links.
    this.#isPossible = platform !== 'win32'
  }

  /** The trailer of the entry at a place whose key is known, and that its body is as long as it says. */
  trailer(place: Place): Trailer | undefined {
    if (!this.#isPossible) return undefined
    try {
      const fd = this.#io.open(place.path, openFlags.read, 0)
      if (typeof fd !== 'number') return undefined
      try {
        return this.#read(fd, place)
      } finally {
        this.#io.close(fd)
      }
    } catch {
      return undefined
    }
  }

  /** Whether there is a regular file of `size` bytes. */
  hasFile(path: string, size: number): boolean {
    try {
      const stat = this.#io.lstat(path)
      return 'size' in stat && stat.size === size && stat.isFile()
    } catch {
      return false
    }
  }

  #read(fd: number, place: Place): Trailer | undefined {
    if (this.#wasSmall) {
      const size = this.#io.read(fd, this.#bytes, 0, glanceBytes, 0)
      if (typeof size === 'number' && size < glanceBytes) return this.#decode(size, size, place)
    }
    const stat = this.#io.fstat(fd)
    if (!('size' in stat) || !stat.isFile()) return undefined
    const { size } = stat
    this.#wasSmall = size < glanceBytes
    const length = Math.min(size, glanceBytes)
    return this.#io.read(fd, this.#bytes, 0, length, size - length) === length
      ? this.#decode(length, size, place)
      : undefined
  }

  // Of a file of `size` bytes, whose last `end` were read.
  #decode(end: number, size: number, { namespace, key }: Place): Trailer | undefined {
    const length = trailerLength(this.#bytes.subarray(0, end))
    if (length === undefined || length > end) return undefined
    const trailer = decodeTrailer(this.#bytes.subarray(end - length, end))
    if (trailer.key !== key || trailer.namespace !== namespace) return undefined
    return size - length === (trailer.isReference ? 0 : trailer.meta.size) ? trailer : undefined
  }
}
