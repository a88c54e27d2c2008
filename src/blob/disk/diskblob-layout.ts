import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { keyFromHex, keyToHex } from '../../bytes/file-name.ts'
import { compareUtf8 } from '../../bytes/utf8.ts'
import { CacheError, isCacheError } from '../../errors.ts'
import { openRegularFile, quietly, readBytes } from '../../store/atomic-file.ts'
import { systemCode } from '../../store/file-error.ts'
import type { FileStat } from '../../store/file-io.ts'
import { retrySharing } from '../../store/retry.ts'
import { canSyncDirectory } from '../../store/store-directory.ts'
import { Turns } from '../../store/turns.ts'
import type { BlobMeta } from '../blob-meta.ts'
import { keepTimeText } from '../kept-time-text.ts'
import type { BlobDirectory } from './blob-directory.ts'
import type { BlobLayout, LayoutSweep, Place, ScannedBlob, Sealed } from './blob-layout.ts'
import { BodyFile } from './body-file.ts'
import { DamagedEntry } from './damaged-entry.ts'
import { diskblobPath, isDiskblobPath, workFolder } from './diskblob-path.ts'
import { maxTrailerBytes } from './entry-trailer.ts'
import { rememberedText } from './exact-time.ts'
import { isMissing } from './is-missing.ts'
import { claimNameOf } from './key-claims.ts'
import { decodeSidecar, encodeSidecar, sidecarSuffix } from './sidecar.ts'
import { Staging } from './staging.ts'
import { sweepIntents } from './sweep-intents.ts'

const directoryMode = 0o755
const maxDamaged = 10_000

/**
 * The directory of terraci's program: the body under `<namespace>/<key>`, everything else in `<namespace>/<key>.meta.json`.
 *
 * Two files cannot be put in one step. Before the data gets its name, the new sidecar is left in `.coldsnap/intents`; whoever
 * finds it there after its writer died gives it its name if the data are those it is about, and removes it if they are not.
 * Readers of ours find old or new; those of the Go program may meet the moment between.
 */
export class DiskblobLayout implements BlobLayout {
  readonly isTwoStep: boolean = true
  readonly #directory: BlobDirectory
  readonly #turns = new Turns()
  // Which files were at a place when it was found damaged: looking again would take as long every time.
  readonly #damaged = new Map<string, string>()

  constructor(directory: BlobDirectory) {
    this.#directory = directory
  }

  async prepare(): Promise<void> {
    await this.#makeShared(this.#directory.path)
    await this.#directory.makePrivate(this.#directory.workPath)
    await this.#directory.makePrivate(this.#intents)
  }

  place(namespace: string, key: string): Place {
    return this.#placeOf(diskblobPath(namespace, key, this.#directory.system.platform), namespace, key)
  }

  placeOf(id: string): Place | undefined {
    const path = keyFromHex(id)
    if (path === undefined || !isDiskblobPath(path, this.#directory.system.platform)) return undefined
    return this.#placeOf(path, '', undefined)
  }

  async open(place: Place): Promise<BodyFile | undefined> {
    const { system } = this.#directory
    if (await this.#isLeftOut(place)) return undefined
    const meta = await this.#meta(place)
    const opened = meta && (await this.#ifThere(openRegularFile(system.blocking, place.path, system.platform)))
    // A sidecar without data is what a delete that was cut off left.
    if (meta === undefined || opened === undefined) return undefined
    if (opened.size !== meta.size) {
      await quietly(() => system.blocking.close(opened.fd))
      throw new DamagedEntry(`its data are ${opened.size} bytes, wanted ${meta.size}`, opened.ino)
    }
    return new BodyFile({ system, fd: opened.fd, ino: opened.ino, meta })
  }

  async head(place: Place): Promise<BlobMeta | undefined> {
    if (await this.#isLeftOut(place)) return undefined
    const meta = await this.#meta(place)
    const size = meta && (await this.#sizeOf(place.path))
    if (meta === undefined || size === undefined) return undefined
    if (size !== meta.size) throw new DamagedEntry(`its data are ${size} bytes, wanted ${meta.size}`, undefined)
    if ((await this.#sizeOf(this.#intentOf(place))) !== undefined) throw new DamagedEntry('it is being put', undefined)
    return meta
  }

  async inspect(place: Place): Promise<ScannedBlob | undefined> {
    const meta = await this.head(place)
    return meta && { id: place.id, meta, body: undefined }
  }

  async seal(staging: Staging, place: Place, meta: BlobMeta): Promise<Sealed> {
    await this.#findTimeText(place, meta.expiresAt)
    const bytes = encodeSidecar(meta)
    if (bytes.byteLength > maxTrailerBytes) {
      const found = `found ${bytes.byteLength} bytes of metadata, the limit is ${maxTrailerBytes}`
      throw new CacheError('VALUE_TOO_LARGE', `Cannot put a blob: ${found}`)
    }
    const { system, temp, fsync } = this.#directory
    const data = await staging.seal(new Uint8Array(0))
    const prepare = (): Promise<void> => this.prepare()
    const second = new Staging({ system, directory: temp, fsync, prepare }, bytes.byteLength, bytes.byteLength)
    try {
      await second.append(bytes)
      const sidecar = await second.seal(new Uint8Array(0))
      const publish = (): Promise<boolean> => this.#publish(place, data, sidecar, staging)
      return { body: undefined, publish, discard: () => second.discard() }
    } catch (error) {
      await second.discard()
      throw error
    }
  }

  async #publish(place: Place, data: string, sidecar: string, staging: Staging): Promise<boolean> {
    const intent = this.#intentOf(place)
    await this.#makeParents(place)
    // A process that died may have given the names of the blob that is replaced: its intent goes now.
    if ((await this.#sizeOf(place.path + sidecarSuffix)) !== undefined) await this.#directory.sync(place.directory)
    await this.#rename(sidecar, intent)
    try {
      await this.#directory.sync(this.#intents)
      await this.#rename(data, place.path)
      staging.published()
      // A disk may keep the later of two names and lose the earlier: neither blob would be there.
      await this.#directory.sync(place.directory)
    } catch (error) {
      // The name may have been given all the same.
      await quietly(() => this.recover(place))
      if (!['EISDIR', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(error))) throw error
      throw invalid(place, 'other keys begin with it', error)
    }
    await this.#rename(intent, place.path + sidecarSuffix)
    return false
  }

  async remove(place: Place): Promise<boolean> {
    const isThere = (await this.#sizeOf(place.path)) !== undefined && (await this.#directory.unlink(place.path))
    await this.#directory.unlink(place.path + sidecarSuffix)
    // Last: data of a put that was cut off have no sidecar but this, and without one would look damaged if we are cut off, too.
    await this.#directory.unlink(this.#intentOf(place))
    return isThere
  }

  async leaveOut(place: Place): Promise<void> {
    if (this.#damaged.size >= maxDamaged) this.#damaged.clear()
    this.#damaged.set(place.id, await this.#filesAt(place))
  }

  async #isLeftOut(place: Place): Promise<boolean> {
    const files = this.#damaged.get(place.id)
    if (files === undefined) return false
    if (files === (await this.#filesAt(place))) return true
    this.#damaged.delete(place.id)
    return false
  }

  async #filesAt(place: Place): Promise<string> {
    const stats = [await this.#statOf(place.path), await this.#statOf(place.path + sidecarSuffix)]
    return stats.map(stat => (stat === undefined ? '-' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`)).join(' ')
  }

  async recover(place: Place): Promise<void> {
    const intent = this.#intentOf(place)
    const bytes = await this.#read(intent)
    if (bytes === undefined) return
    if (await this.#isAbout(bytes, place)) {
      // Who put the data may have died before their name was flushed: it must not be lost below that of the sidecar.
      await this.#directory.sync(place.directory)
      await this.#rename(intent, place.path + sidecarSuffix)
    } else await this.#directory.unlink(intent)
  }

  async list(namespace: string, prefix: string): Promise<Iterable<Place>> {
    const keys: string[] = []
    for await (const path of this.#walkNamespace(namespace)) {
      const key = path.slice(namespace.length + 1)
      if (!path.endsWith(sidecarSuffix) && key.startsWith(prefix)) keys.push(key)
    }
    return keys.sort(compareUtf8).map(key => this.place(namespace, key))
  }

  async places(namespace: string): Promise<Place[]> {
    const paths = new Set<string>()
    for await (const path of this.#walkNamespace(namespace)) {
      paths.add(path.endsWith(sidecarSuffix) ? path.slice(0, -sidecarSuffix.length) : path)
    }
    return [...paths].map(path => this.#placeOf(path, namespace, path.slice(namespace.length + 1)))
  }

  async sweep({ claims }: LayoutSweep): Promise<number> {
    const recover = (place: Place): Promise<void> => this.recover(place)
    const places = (): AsyncGenerator<Place> => this.#everyPlace()
    return await sweepIntents({ directory: this.#directory, claims, intents: this.#intents, places, recover })
  }

  async *scan(): AsyncGenerator<ScannedBlob> {
    for await (const place of this.#everyPlace()) {
      try {
        const found = await this.inspect(place)
        if (found !== undefined) yield found
      } catch (error) {
        if (!isCacheError(error, 'CORRUPT')) throw error
      }
    }
  }

  async *#everyPlace(): AsyncGenerator<Place> {
    for await (const path of this.#walk('')) {
      if (!path.endsWith(sidecarSuffix)) yield this.#placeOf(path, '', undefined)
    }
  }

  get #intents(): string {
    return join(this.#directory.workPath, 'intents')
  }

  #intentOf(place: Place): string {
    return join(this.#intents, claimNameOf(place.id))
  }

  #placeOf(path: string, namespace: string, key: string | undefined): Place {
    const root = this.#directory.path
    const directory = join(root, path.slice(0, path.lastIndexOf('/')))
    return { namespace, key, id: keyToHex(path), directory, path: join(root, path) }
  }

  // Regular files below a folder that can be data or sidecars, as paths from the directory of the store.
  async *#walk(folder: string): AsyncGenerator<string> {
    const { path: root, system } = this.#directory
    for (const entry of await this.#directory.list(join(root, folder))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      const plain = path.endsWith(sidecarSuffix) ? path.slice(0, -sidecarSuffix.length) : path
      if (path === workFolder || !isDiskblobPath(plain, system.platform)) continue
      if (!entry.isFile()) yield* this.#walkInto(path)
      else if (plain.includes('/')) yield path
      await this.#turns.next()
    }
  }

  // Neither through links nor into anything else.
  async *#walkInto(path: string): AsyncGenerator<string> {
    if (await this.#directory.isDirectory(join(this.#directory.path, path))) yield* this.#walk(path)
  }

  // A namespace below a link is not one of this directory.
  async *#walkNamespace(namespace: string): AsyncGenerator<string> {
    for (let end = namespace.indexOf('/'); end !== -1; end = namespace.indexOf('/', end + 1)) {
      if (!(await this.#directory.isDirectory(join(this.#directory.path, namespace.slice(0, end))))) return
    }
    yield* this.#walkInto(namespace)
  }

  async #meta(place: Place): Promise<BlobMeta | undefined> {
    const bytes = await this.#read(place.path + sidecarSuffix)
    if (bytes !== undefined) {
      try {
        return decodeSidecar(bytes)
      } catch (error) {
        throw new DamagedEntry('its sidecar is damaged', undefined, error)
      }
    }
    if ((await this.#sizeOf(place.path)) !== undefined) throw new DamagedEntry('it has no sidecar', undefined)
    return undefined
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    const { blocking: io, platform } = this.#directory.system
    const opened = await this.#ifThere(openRegularFile(io, path, platform))
    if (opened === undefined) return undefined
    try {
      return await readBytes(io, opened.fd, 0, Math.min(opened.size, maxTrailerBytes))
    } finally {
      await quietly(() => io.close(opened.fd))
    }
  }

  async #sizeOf(path: string): Promise<number | undefined> {
    const stat = await this.#statOf(path)
    return stat?.isFile() ? stat.size : undefined
  }

  async #statOf(path: string): Promise<FileStat | undefined> {
    try {
      return await this.#directory.system.blocking.lstat(path)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  // A key below another key is one that is not there.
  async #ifThere<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work
    } catch (error) {
      if (systemCode(error) === 'ENOTDIR') return undefined
      throw error
    }
  }

  async #isAbout(sidecar: Uint8Array, place: Place): Promise<boolean> {
    const { blocking, pooled, platform } = this.#directory.system
    const opened = await this.#ifThere(openRegularFile(blocking, place.path, platform))
    if (opened === undefined) return false
    try {
      const { size, etag } = decodeSidecar(sidecar)
      if (size !== opened.size) return false
      const hash = createHash('sha256')
      for (let at = 0; at < size; ) {
        const piece = await readBytes(pooled, opened.fd, at, Math.min(1024 * 1024, size - at))
        if (piece.byteLength === 0) return false
        hash.update(piece)
        at += piece.byteLength
      }
      return hash.digest('hex') === etag
    } catch (error) {
      if (isCacheError(error, 'CORRUPT')) return false
      throw error
    } finally {
      await quietly(() => blocking.close(opened.fd))
    }
  }

  // A caller who puts the same expiry again may have lost the text it was read from.
  async #findTimeText(place: Place, expiresAt: Date | undefined): Promise<void> {
    if (expiresAt === undefined || rememberedText(expiresAt) !== undefined) return
    try {
      const before = (await this.#meta(place))?.expiresAt
      const text = before && rememberedText(before)
      if (text !== undefined && before?.getTime() === expiresAt.getTime()) keepTimeText(expiresAt, text)
    } catch {
      // Then there is none worth keeping.
    }
  }

  async #rename(from: string, to: string): Promise<void> {
    const { blocking, platform } = this.#directory.system
    await retrySharing(() => blocking.rename(from, to), platform)
  }

  async #makeParents(place: Place): Promise<void> {
    try {
      await this.#makeShared(place.directory)
    } catch (error) {
      if (systemCode(error) !== 'EEXIST' && systemCode(error) !== 'ENOTDIR') throw error
      throw invalid(place, 'a part of it is a key', error)
    }
  }

  // As Go's MkdirAll; the directories of entries are not private.
  async #makeShared(path: string): Promise<void> {
    const { blocking } = this.#directory.system
    try {
      if ((await blocking.stat(path)).isDirectory()) return
      throw Object.assign(new Error(`${path} is not a directory`), { code: 'ENOTDIR' })
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
    const parent = join(path, '..')
    await this.#makeShared(parent)
    try {
      await blocking.mkdir(path, directoryMode)
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
    }
    this.#directory.wasMade(path)
    if (this.#directory.canSync) await canSyncDirectory(this.#directory.system, parent)
  }
}

function invalid(place: Place, problem: string, cause: unknown): CacheError {
  const { key } = place
  return new CacheError('INVALID_KEY', `Cannot keep a blob under this name in layout diskblob: ${problem}`, {
    key,
    cause,
  })
}
