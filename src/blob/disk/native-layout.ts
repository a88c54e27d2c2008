import { join } from 'node:path'
import { isLongName, isPlainName, keyFromHex, keyToHex, longNameHead } from '../../bytes/file-name.ts'
import { compareUtf8 } from '../../bytes/utf8.ts'
import { CacheError, isCacheError } from '../../errors.ts'
import { openRegularFile, quietly, readBytes } from '../../store/atomic-file.ts'
import { systemCode } from '../../store/file-error.ts'
import type { FileEntry } from '../../store/file-io.ts'
import { keyFile } from '../../store/key-file.ts'
import { retrySharing } from '../../store/retry.ts'
import { Turns } from '../../store/turns.ts'
import type { BlobMeta } from '../blob-meta.ts'
import type { BlobDirectory } from './blob-directory.ts'
import type { BlobLayout, Place, ScannedBlob, Sealed } from './blob-layout.ts'
import { BodyFile, firstRead } from './body-file.ts'
import { DamagedEntry } from './damaged-entry.ts'
import {
  decodeTrailer,
  encodeTrailer,
  endBytes,
  maxTrailerBytes,
  type Trailer,
  trailerLength,
} from './entry-trailer.ts'
import type { Staging } from './staging.ts'

interface OpenTrailer {
  readonly trailer: Trailer
  readonly fd: number
  readonly ino: number | undefined
  readonly loaded: Uint8Array | undefined
}

/**
 * One file per blob: the body, and after it a trailer with everything else (docs/FORMAT.md, section 14). The
 * directory is named by the hex of the namespace, the file by that of the key, or by a digest where that is too long.
 */
export class NativeLayout implements BlobLayout {
  readonly isTwoStep: boolean = false
  readonly #directory: BlobDirectory
  readonly #entries: string
  readonly #turns = new Turns()

  constructor(directory: BlobDirectory) {
    this.#directory = directory
    this.#entries = join(directory.path, 'entries')
  }

  async prepare(): Promise<void> {
    await this.#directory.makePrivate(this.#directory.path)
    await this.#directory.makePrivate(this.#entries)
  }

  place(namespace: string, key: string): Place {
    return this.#placeOf(keyFile(namespace).name, keyFile(key).name, namespace, key)
  }

  placeOf(id: string): Place | undefined {
    const [folder, name, ...rest] = id.split('/')
    if (folder === undefined || name === undefined || rest.length > 0 || !isOurs(folder) || !isOurs(name)) return
    return this.#placeOf(folder, name, keyFromHex(folder) ?? '', keyFromHex(name))
  }

  async open(place: Place): Promise<BodyFile | undefined> {
    const opened = await this.#open(place, firstRead)
    if (opened === undefined) return undefined
    const { trailer, fd, ino, loaded } = opened
    return new BodyFile({ system: this.#directory.system, fd, ino, meta: trailer.meta, loaded })
  }

  async head(place: Place): Promise<BlobMeta | undefined> {
    return (await this.#readTrailer(place))?.meta
  }

  async seal(staging: Staging, place: Place, meta: BlobMeta): Promise<Sealed> {
    const trailer = encodeTrailer({ namespace: place.namespace, key: place.key!, meta })
    if (trailer.byteLength > maxTrailerBytes) {
      const found = `found ${trailer.byteLength} bytes of metadata, the limit is ${maxTrailerBytes}`
      throw new CacheError('VALUE_TOO_LARGE', `Cannot put a blob: ${found}`)
    }
    const path = await staging.seal(trailer)
    return { publish: () => this.#publish(path, place, staging), discard: async () => undefined }
  }

  async #publish(path: string, place: Place, staging: Staging): Promise<void> {
    const { system } = this.#directory
    const rename = (): Promise<void> => retrySharing(() => system.blocking.rename(path, place.path), system.platform)
    try {
      await rename()
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      await this.prepare()
      await this.#directory.makePrivate(place.directory)
      await rename()
    }
    staging.published()
  }

  async remove(place: Place): Promise<boolean> {
    return await this.#directory.unlink(place.path)
  }

  async recover(): Promise<void> {}

  async keys(namespace: string, prefix: string, onDamage: (error: unknown) => void): Promise<string[]> {
    const prefixHex = keyToHex(prefix)
    const hexes: string[] = []
    const long: string[] = []
    for (const { name } of await this.#names(keyFile(namespace).name)) {
      if (!isLongName(name)) {
        if (name.startsWith(prefixHex)) hexes.push(name)
        continue
      }
      const head = longNameHead(name)
      if (!head.startsWith(prefixHex) && !prefixHex.startsWith(head)) continue
      const key = await this.#longKey(keyFile(namespace).name, name, onDamage)
      if (key?.startsWith(prefix)) long.push(key)
      await this.#turns.next()
    }
    // In UTF-16 order, which for hex digits is that of the bytes they stand for.
    const keys = hexes.sort().flatMap(hex => keyFromHex(hex) ?? [])
    return long.length === 0 ? keys : [...keys, ...long].sort(compareUtf8)
  }

  async places(namespace: string): Promise<Place[]> {
    const folder = keyFile(namespace).name
    return (await this.#names(folder)).map(({ name }) => this.#placeOf(folder, name, namespace, keyFromHex(name)))
  }

  async *scan(): AsyncGenerator<ScannedBlob> {
    for (const folder of await this.#directory.list(this.#entries)) {
      for (const { name } of isOurs(folder.name) ? await this.#names(folder.name) : []) {
        const place = this.#placeOf(folder.name, name, '', keyFromHex(name))
        try {
          const found = await this.#readTrailer({ ...place, namespace: keyFromHex(folder.name) ?? '' })
          if (found !== undefined) yield { id: place.id, meta: found.meta }
        } catch (error) {
          if (!isUnreadable(error)) throw error
        }
        await this.#turns.next()
      }
    }
  }

  async #names(folder: string): Promise<FileEntry[]> {
    const path = join(this.#entries, folder)
    if (!(await this.#directory.isDirectory(path))) return []
    const entries = await this.#directory.list(path)
    return entries.filter(entry => isOurs(entry.name) && entry.isFile())
  }

  #placeOf(folder: string, name: string, namespace: string, key: string | undefined): Place {
    const directory = `${this.#entries}/${folder}`
    return { namespace, key, id: `${folder}/${name}`, directory, path: `${directory}/${name}` }
  }

  async #longKey(folder: string, name: string, onDamage: (error: unknown) => void): Promise<string | undefined> {
    try {
      return (await this.#readTrailer(this.#placeOf(folder, name, '', undefined)))?.key
    } catch (error) {
      if (!isUnreadable(error)) throw error
      onDamage(error)
      return undefined
    }
  }

  async #readTrailer(place: Place): Promise<Trailer | undefined> {
    const opened = await this.#open(place, size => Math.min(size, 1024))
    if (opened === undefined) return undefined
    await quietly(() => this.#directory.system.blocking.close(opened.fd))
    return opened.trailer
  }

  // Ends with the descriptor closed if it fails.
  async #open(place: Place, firstBytes: (size: number) => number): Promise<OpenTrailer | undefined> {
    const { blocking: io, platform } = this.#directory.system
    const opened = await openRegularFile(io, place.path, platform)
    if (opened === undefined) return undefined
    const { fd, size, ino } = opened
    try {
      let tail = await readBytes(io, fd, Math.max(0, size - firstBytes(size)), Math.min(size, firstBytes(size)))
      const length = trailerLength(tail.subarray(-endBytes))
      if (length === undefined || length > size) throw new DamagedEntry('its file has no end', ino)
      if (length > tail.byteLength) tail = await readBytes(io, fd, size - length, length)
      const trailer = decodeTrailer(tail.subarray(-length))
      this.#check(trailer, place, size - length, ino)
      return { trailer, fd, ino, loaded: tail.byteLength === size ? tail.subarray(0, size - length) : undefined }
    } catch (error) {
      await quietly(() => io.close(fd))
      if (!isCacheError(error, 'CORRUPT') || error instanceof DamagedEntry) throw error
      throw new DamagedEntry(error.message, ino, error)
    }
  }

  // A file that was moved here from elsewhere says so.
  #check({ namespace, key, meta }: Trailer, place: Place, bodyBytes: number, ino: number | undefined): void {
    if (`${keyFile(namespace).name}/${keyFile(key).name}` !== place.id) {
      throw new DamagedEntry('it is that of another key', ino)
    }
    if (bodyBytes !== meta.size) throw new DamagedEntry(`its body is ${bodyBytes} bytes, wanted ${meta.size}`, ino)
  }
}

// Of an entry that is damaged or of a later version, which is no reason to leave out others.
function isUnreadable(error: unknown): boolean {
  return isCacheError(error, 'CORRUPT') || isCacheError(error, 'FORMAT_NEWER')
}

// Whether it can be the name of a namespace or key; other files are left alone.
function isOurs(name: string): boolean {
  return isLongName(name) || (isPlainName(name) && keyFromHex(name) !== undefined)
}
