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
import type { BlobLayout, LayoutSweep, Place, ScannedBlob, Sealed } from './blob-layout.ts'
import { BodyFile, firstRead } from './body-file.ts'
import { DamagedEntry } from './damaged-entry.ts'
import { EntryGlance } from './entry-glance.ts'
import { decodeTrailer, encodeTrailer, maxTrailerBytes, type Trailer, trailerLength } from './entry-trailer.ts'
import { type BodyLink, SharedBodies } from './shared-bodies.ts'
import { Staging } from './staging.ts'

// Whoever puts another blob takes the body of the old one away, and may do so before the body of what was read is opened.
const bodyTries = 5

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
  readonly #bodies: SharedBodies
  readonly #glance: EntryGlance
  readonly #shares: boolean
  readonly #turns = new Turns()

  /** `shares`: whether equal bodies are stored once, from now on; what is there is read and removed in either case. */
  constructor(directory: BlobDirectory, shares: boolean) {
    this.#directory = directory
    this.#entries = join(directory.path, 'entries')
    this.#bodies = new SharedBodies(directory)
    this.#glance = new EntryGlance(directory.system)
    this.#shares = shares
  }

  async prepare(): Promise<void> {
    await this.#directory.makePrivate(this.#directory.path)
    await this.#directory.makePrivate(this.#entries)
    if (this.#shares) await this.#bodies.prepare()
  }

  /** Throws `UNAVAILABLE` where the file system cannot do what was asked for. */
  async check(): Promise<void> {
    if (this.#shares) await this.#bodies.checkLinks()
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
    const { system } = this.#directory
    for (let tries = 1; ; tries++) {
      const opened = await this.#open(place, firstRead)
      if (opened === undefined) return undefined
      const { trailer, fd, ino, loaded } = opened
      const { meta } = trailer
      if (!trailer.isReference) return new BodyFile({ system, fd, ino, meta, loaded })
      await quietly(() => system.blocking.close(fd))
      const body = await this.#bodies.open(place, meta)
      if (body?.size === meta.size) return new BodyFile({ system, fd: body.fd, ino, meta })
      if (body !== undefined) await quietly(() => system.blocking.close(body.fd))
      if (body !== undefined || tries >= bodyTries) throw withoutBody(meta, body?.size, ino)
    }
  }

  async head(place: Place): Promise<BlobMeta | undefined> {
    return (await this.inspect(place))?.meta
  }

  headAtOnce(place: Place): BlobMeta | undefined {
    return this.#inspectAtOnce(place)?.meta
  }

  #inspectAtOnce(place: Place): ScannedBlob | undefined {
    const trailer = this.#glance.trailer(place)
    if (trailer === undefined) return undefined
    const { meta, isReference } = trailer
    if (!isReference) return { id: place.id, meta, body: undefined }
    const { path } = this.#bodies.linkOf(place, meta.etag)
    return this.#glance.hasFile(path, meta.size) ? { id: place.id, meta, body: meta.etag } : undefined
  }

  async inspect(place: Place): Promise<ScannedBlob | undefined> {
    for (let tries = 1; ; tries++) {
      const found = await this.#readTrailer(place)
      if (found === undefined) return undefined
      const { trailer, ino } = found
      const { meta } = trailer
      if (!trailer.isReference) return { id: place.id, meta, body: undefined }
      const size = await this.#bodies.sizeOf(place, meta)
      if (size === meta.size) return { id: place.id, meta, body: meta.etag }
      if (size !== undefined || tries >= bodyTries) throw withoutBody(meta, size, ino)
    }
  }

  async seal(staging: Staging, place: Place, meta: BlobMeta): Promise<Sealed> {
    const isReference = this.#shares && meta.size > 0
    const trailer = encodeTrailer({ namespace: place.namespace, key: place.key!, meta, isReference })
    if (trailer.byteLength > maxTrailerBytes) {
      const found = `found ${trailer.byteLength} bytes of metadata, the limit is ${maxTrailerBytes}`
      throw new CacheError('VALUE_TOO_LARGE', `Cannot put a blob: ${found}`)
    }
    if (isReference) return await this.#sealReference(staging, place, meta, trailer)
    const path = await staging.seal(trailer)
    const publish = async (): Promise<boolean> => {
      const before = await this.#linksOf(place)
      await this.#publish(path, place, staging)
      return await this.#dropLinks(place, before)
    }
    return { body: undefined, publish, discard: async () => undefined }
  }

  async #sealReference(staging: Staging, place: Place, meta: BlobMeta, trailer: Uint8Array): Promise<Sealed> {
    const { system, temp, fsync } = this.#directory
    const body = await this.#bodies.share(await staging.seal(new Uint8Array(0)), meta)
    const prepare = (): Promise<void> => this.prepare()
    const entry = new Staging({ system, directory: temp, fsync, prepare }, trailer.byteLength, trailer.byteLength)
    let isGiven = false
    const discard = async (): Promise<void> => {
      await entry.discard()
      await body.discard(isGiven)
    }
    try {
      await entry.append(trailer)
      const path = await entry.seal(new Uint8Array(0))
      const publish = async (): Promise<boolean> => {
        const link = this.#bodies.linkOf(place, meta.etag)
        const before = (await this.#linksOf(place)).filter(each => each.path !== link.path)
        try {
          await this.#bodies.give(body, place, link)
          isGiven = true
          await this.#publish(path, place, entry)
        } catch (error) {
          await quietly(() => this.#dropUnneeded(place, link))
          throw error
        }
        return await this.#dropLinks(place, before)
      }
      return { body: meta.etag, publish, discard }
    } catch (error) {
      await discard()
      throw error
    }
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
    const before = await this.#linksOf(place)
    const isThere = await this.#directory.unlink(place.path)
    await this.#dropLinks(place, before)
    return isThere
  }

  async sweep({ namespace, claimed }: LayoutSweep): Promise<number> {
    const folder = keyFile(namespace).name
    return await this.#bodies.sweep(folder, async link => {
      const place = this.placeOf(link.id)
      if (place === undefined || (await this.#needs(place, link))) return false
      return await claimed(place, () => this.#dropUnneeded(place, link))
    })
  }

  // Under the claim, so that nobody is about to give it an entry.
  async #dropUnneeded(place: Place, link: BodyLink): Promise<boolean> {
    if (await this.#needs(place, link)) return false
    return await this.#dropLinks(place, [link])
  }

  // One that is damaged, or of a later version, is left as it is.
  async #needs(place: Place, link: BodyLink): Promise<boolean> {
    try {
      const trailer = (await this.#readTrailer(place))?.trailer
      return trailer?.isReference === true && this.#bodies.linkOf(place, trailer.meta.etag).path === link.path
    } catch (error) {
      if (isUnreadable(error)) return true
      throw error
    }
  }

  // The body of its own that the entry at a place has; of a damaged entry all that may be.
  async #linksOf(place: Place): Promise<readonly BodyLink[]> {
    if (!(await this.#bodies.mayHave(place))) return []
    try {
      const trailer = (await this.#readTrailer(place))?.trailer
      return trailer?.isReference === true ? [this.#bodies.linkOf(place, trailer.meta.etag)] : []
    } catch (error) {
      if (isCacheError(error, 'CORRUPT')) return await this.#bodies.linksAt(place)
      if (isCacheError(error, 'FORMAT_NEWER')) return []
      throw error
    }
  }

  // Of an entry that is there no more. Whether the directory of the entry was flushed.
  async #dropLinks(place: Place, links: readonly BodyLink[]): Promise<boolean> {
    if (links.length === 0) return false
    // A power loss must not bring the entry back without its body.
    await this.#directory.sync(place.directory)
    for (const link of links) await this.#bodies.drop(link)
    return true
  }

  async recover(): Promise<void> {}

  async list(namespace: string, prefix: string, onDamage: (error: unknown) => void): Promise<Iterable<Place>> {
    const folder = keyFile(namespace).name
    const prefixHex = keyToHex(prefix)
    const hexes: string[] = []
    const long: Place[] = []
    for (const entry of await this.#files(folder)) {
      const { name } = entry
      if (!isLongName(name)) {
        if (name.startsWith(prefixHex) && isPlainName(name) && entry.isFile()) hexes.push(name)
        continue
      }
      const head = longNameHead(name)
      if ((!head.startsWith(prefixHex) && !prefixHex.startsWith(head)) || !entry.isFile()) continue
      const key = await this.#longKey(folder, name, onDamage)
      if (key?.startsWith(prefix)) long.push(this.#placeOf(folder, name, namespace, key))
      await this.#turns.next()
    }
    // In UTF-16 order, which for hex digits is that of the bytes they stand for.
    const places = this.#placesOf(folder, hexes.sort(), namespace)
    return long.length === 0 ? places : [...places, ...long].sort((a, b) => compareUtf8(a.key ?? '', b.key ?? ''))
  }

  // One by one as they are asked for: there may be many.
  *#placesOf(folder: string, hexes: readonly string[], namespace: string): Generator<Place, void, undefined> {
    const directory = `${this.#entries}/${folder}`
    for (const hex of hexes) {
      const key = keyFromHex(hex)
      if (key !== undefined) {
        yield { namespace, key, id: `${folder}/${hex}`, directory, path: `${directory}/${hex}` }
      }
    }
  }

  async places(namespace: string): Promise<Place[]> {
    const folder = keyFile(namespace).name
    return (await this.#names(folder)).map(({ name }) => this.#placeOf(folder, name, namespace, keyFromHex(name)))
  }

  async *scan(): AsyncGenerator<ScannedBlob> {
    for (const folder of await this.#directory.list(this.#entries)) {
      for (const { name } of isOurs(folder.name) ? await this.#names(folder.name) : []) {
        const place = this.#placeOf(folder.name, name, keyFromHex(folder.name) ?? '', keyFromHex(name))
        try {
          const found = this.#inspectAtOnce(place) ?? (await this.inspect(place))
          if (found !== undefined) yield found
        } catch (error) {
          if (!isUnreadable(error)) throw error
        }
        if (this.#turns.isDue) await this.#turns.next()
      }
    }
  }

  async #names(folder: string): Promise<FileEntry[]> {
    return (await this.#files(folder)).filter(entry => isOurs(entry.name) && entry.isFile())
  }

  async #files(folder: string): Promise<readonly FileEntry[]> {
    const path = join(this.#entries, folder)
    return (await this.#directory.isDirectory(path)) ? await this.#directory.list(path) : []
  }

  #placeOf(folder: string, name: string, namespace: string, key: string | undefined): Place {
    const directory = `${this.#entries}/${folder}`
    return { namespace, key, id: `${folder}/${name}`, directory, path: `${directory}/${name}` }
  }

  async #longKey(folder: string, name: string, onDamage: (error: unknown) => void): Promise<string | undefined> {
    try {
      return (await this.#readTrailer(this.#placeOf(folder, name, '', undefined)))?.trailer.key
    } catch (error) {
      if (!isUnreadable(error)) throw error
      onDamage(error)
      return undefined
    }
  }

  async #readTrailer(place: Place): Promise<Pick<OpenTrailer, 'trailer' | 'ino'> | undefined> {
    const opened = await this.#open(place, size => Math.min(size, 1024))
    if (opened === undefined) return undefined
    await quietly(() => this.#directory.system.blocking.close(opened.fd))
    return opened
  }

  // Ends with the descriptor closed if it fails.
  async #open(place: Place, firstBytes: (size: number) => number): Promise<OpenTrailer | undefined> {
    const { blocking: io, platform } = this.#directory.system
    const opened = await openRegularFile(io, place.path, platform)
    if (opened === undefined) return undefined
    const { fd, size, ino } = opened
    try {
      let tail = await readBytes(io, fd, Math.max(0, size - firstBytes(size)), Math.min(size, firstBytes(size)))
      const length = trailerLength(tail)
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
  #check(
    { namespace, key, meta, isReference }: Trailer,
    place: Place,
    bodyBytes: number,
    ino: number | undefined,
  ): void {
    if (`${keyFile(namespace).name}/${keyFile(key).name}` !== place.id) {
      throw new DamagedEntry('it is that of another key', ino)
    }
    const wanted = isReference ? 0 : meta.size
    if (bodyBytes !== wanted) throw new DamagedEntry(`its body is ${bodyBytes} bytes, wanted ${wanted}`, ino)
  }
}

function withoutBody(meta: BlobMeta, size: number | undefined, ino: number | undefined): DamagedEntry {
  const found = size === undefined ? 'its body is missing' : `its body is ${size} bytes, wanted ${meta.size}`
  return new DamagedEntry(found, ino)
}

// Of an entry that is damaged or of a later version, which is no reason to leave out others.
function isUnreadable(error: unknown): boolean {
  return isCacheError(error, 'CORRUPT') || isCacheError(error, 'FORMAT_NEWER')
}

// Whether it can be the name of a namespace or key; other files are left alone.
function isOurs(name: string): boolean {
  return isLongName(name) || (isPlainName(name) && keyFromHex(name) !== undefined)
}
