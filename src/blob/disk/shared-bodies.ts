import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { join } from 'node:path'
import { CacheError } from '../../errors.ts'
import { type OpenFile, openRegularFile, quietly, readBytes } from '../../store/atomic-file.ts'
import { systemCode } from '../../store/file-error.ts'
import { retrySharing, retryTransient } from '../../store/retry.ts'
import { Turns } from '../../store/turns.ts'
import type { BlobMeta } from '../blob-meta.ts'
import type { BlobDirectory } from './blob-directory.ts'
import type { Place } from './blob-layout.ts'
import { isMissing } from './is-missing.ts'
import { workName } from './work-files.ts'

const { O_RDWR, O_NOFOLLOW = 0 } = fs.constants
const pieceBytes = 1024 * 1024
const digestPattern = /^[0-9a-f]{64}$/
const linkPattern = /^([0-9a-f]+)\.([0-9a-f]{32})$/
// Of two that put equal bodies and remove them again, the other may be quicker so often.
const shareTries = 3

/** A body that is written, before it belongs to an entry. */
export interface StagedBody {
  readonly path: string
  /** Removes what is left of it; if it was given to no entry, also for those who would share it. Never throws. */
  discard(isGiven: boolean): Promise<void>
}

/** The file of a body that an entry refers to. */
export interface BodyLink {
  readonly path: string
  /** Of the body. */
  readonly etag: string
}

/**
 * Bodies beside their entries, equal ones stored once (docs/FORMAT.md, section 14). The body of an entry is a file of its own
 * in `links`, there before the entry gets its name and until it has lost it. Those of equal bodies are hard links to one file,
 * which has one more name in `bodies`, its digest, by which the next equal one is found. That name goes when it is the last:
 * the file system counts, and nobody has to agree with anybody. Whatever is lost or done twice by a crash or a race costs
 * space, and never a body.
 */
export class SharedBodies {
  readonly #directory: BlobDirectory
  readonly #turns = new Turns()

  constructor(directory: BlobDirectory) {
    this.#directory = directory
  }

  /** Makes the directories. */
  async prepare(): Promise<void> {
    await this.#directory.makePrivate(this.#bodies)
    await this.#directory.makePrivate(this.#links)
  }

  /** Throws `UNAVAILABLE` unless the file system has hard links. */
  async checkLinks(): Promise<void> {
    const { blocking: io } = this.#directory.system
    const paths = [workName('body'), workName('link')].map(name => join(this.#directory.temp, name))
    const [path = '', link = ''] = paths
    try {
      await io.close(await retryTransient(() => io.open(path, fs.constants.O_CREAT | fs.constants.O_WRONLY, 0o600)))
      await io.link(path, link)
    } catch (error) {
      if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EINVAL'].includes(systemCode(error))) throw error
      const problem = 'its file system has no hard links, which contentAddressed needs'
      throw new CacheError('UNAVAILABLE', `Cannot open ${this.#directory.path}: ${problem}`, { cause: error })
    } finally {
      for (const each of paths) await quietly(() => io.unlink(each))
    }
  }

  /** Where the entry at `place` has the body of that etag. */
  linkOf(place: Place, etag: string): BodyLink {
    return { path: join(this.#links, `${place.id}.${etag.slice(0, 32)}`), etag }
  }

  /** Whether entries of the namespace of `place` may have bodies here. */
  async mayHave(place: Place): Promise<boolean> {
    return await this.#directory.isDirectory(this.#folderOf(place))
  }

  /** The body of an entry, opened, or `undefined` if it is not there. */
  async open(place: Place, { etag }: BlobMeta): Promise<OpenFile | undefined> {
    const { blocking, platform } = this.#directory.system
    return await openRegularFile(blocking, this.linkOf(place, etag).path, platform)
  }

  /** Bytes of the body of an entry, or `undefined` if it is not there. */
  async sizeOf(place: Place, { etag }: BlobMeta): Promise<number | undefined> {
    return (await this.#stat(this.linkOf(place, etag).path))?.size
  }

  /** Takes an equal body that is there in place of the one that was written to `staged`, or makes that one findable. */
  async share(staged: string, meta: BlobMeta): Promise<StagedBody> {
    const canonical = join(this.#bodies, meta.etag)
    const link = join(this.#directory.temp, workName('link'))
    const bodyAt = (path: string): StagedBody => ({ path, discard: isGiven => this.#discard(path, meta.etag, isGiven) })
    try {
      for (let tries = 0; tries < shareTries; tries++) {
        const outcome = await this.#tryLink(canonical, link)
        if (outcome === 'done' && (await this.#isSound(link, meta))) return bodyAt(link)
        if (outcome === 'done') await this.#directory.unlink(link)
        if (outcome !== 'ENOENT') {
          // Damaged, or as many names as a file can have: from now on this one is found.
          if ((await this.#tryLink(staged, link)) === 'done') await this.#rename(link, canonical)
          return bodyAt(staged)
        }
        if ((await this.#linkOrPrepare(staged, canonical)) !== 'EEXIST') return bodyAt(staged)
      }
      return bodyAt(staged)
    } catch (error) {
      await quietly(() => this.#directory.unlink(link))
      await bodyAt(staged).discard(false)
      throw error
    }
  }

  /** Makes a staged body that of an entry. Under the claim of the place. */
  async give(body: StagedBody, place: Place, link: BodyLink): Promise<void> {
    try {
      await this.#rename(body.path, link.path)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      await this.prepare()
      await this.#directory.makePrivate(this.#folderOf(place))
      await this.#rename(body.path, link.path)
    }
    // It must be there after a power loss if its entry is.
    await this.#directory.sync(this.#folderOf(place))
  }

  /** Removes the body of an entry that does not refer to it any more; what is left after a failure is swept. */
  async drop({ path, etag }: BodyLink): Promise<void> {
    await quietly(() => this.#directory.unlink(path))
    await quietly(() => this.#tidy(etag))
  }

  /** All bodies that entries at `place` may have, whose etags are not known whole. */
  async linksAt(place: Place): Promise<BodyLink[]> {
    const links = await this.#linksIn(folderOf(place))
    return links.filter(({ id }) => id === place.id)
  }

  /** Those of all entries in a folder of entries, and which entry they are of. */
  async #linksIn(folder: string): Promise<(BodyLink & { readonly id: string })[]> {
    const path = join(this.#links, folder)
    if (!(await this.#directory.isDirectory(path))) return []
    return (await this.#directory.list(path)).flatMap(({ name }) => {
      const [, entry, etag = ''] = linkPattern.exec(name) ?? []
      return entry === undefined ? [] : [{ id: `${folder}/${entry}`, path: join(path, name), etag }]
    })
  }

  /**
   * Removes what crashes left: of the bodies of entries in a folder those that `removeUnneeded` does not need, and of all bodies the
   * names by which they are found if those are the last. Gives how many.
   */
  async sweep(
    folder: string,
    removeUnneeded: (link: BodyLink & { readonly id: string }) => Promise<boolean>,
  ): Promise<number> {
    let count = 0
    for (const link of await this.#linksIn(folder)) {
      if (await removeUnneeded(link)) count++
      await this.#turns.next()
    }
    for (const { name } of await this.#directory.list(this.#bodies)) {
      if (digestPattern.test(name) && (await this.#tidy(name))) count++
      await this.#turns.next()
    }
    return count
  }

  get #bodies(): string {
    return join(this.#directory.path, 'bodies')
  }

  get #links(): string {
    return join(this.#directory.path, 'links')
  }

  #folderOf(place: Place): string {
    return join(this.#links, folderOf(place))
  }

  async #discard(path: string, etag: string, isGiven: boolean): Promise<void> {
    // A rename onto another name of the same file leaves both.
    await quietly(() => this.#directory.unlink(path))
    if (!isGiven) await quietly(() => this.#tidy(etag))
  }

  // Removes the name by which a body is found if it is the only one that is left; whether it was.
  async #tidy(etag: string): Promise<boolean> {
    const canonical = join(this.#bodies, etag)
    if ((await this.#stat(canonical))?.nlink !== 1) return false
    const aside = join(this.#directory.temp, workName('body'))
    try {
      await this.#rename(canonical, aside)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false
      throw error
    }
    // Nobody finds it now. Who found it a moment ago keeps it, and others shall find it again.
    const isShared = (await this.#stat(aside))?.nlink !== 1
    if (isShared) await quietly(() => this.#tryLink(aside, canonical))
    await this.#directory.unlink(aside)
    return !isShared
  }

  // Whether an equal body that was found is what it should be, and survives as much as one that is written.
  async #isSound(path: string, { etag, size }: BlobMeta): Promise<boolean> {
    const { pooled: io } = this.#directory.system
    try {
      // Windows flushes only what could be written to.
      const fd = await io.open(path, O_RDWR | O_NOFOLLOW, 0)
      try {
        const stat = await io.fstat(fd)
        if (!stat.isFile() || stat.size !== size) return false
        const hash = createHash('sha256')
        for (let at = 0; at < size; at += pieceBytes)
          hash.update(await readBytes(io, fd, at, Math.min(pieceBytes, size - at)))
        if (hash.digest('hex') !== etag) return false
        if (this.#directory.fsync) await io.fsync(fd)
        return true
      } finally {
        await quietly(() => io.close(fd))
      }
    } catch {
      // One that cannot be read is of no use to anybody.
      return false
    }
  }

  async #linkOrPrepare(from: string, to: string): Promise<LinkOutcome> {
    const outcome = await this.#tryLink(from, to)
    if (outcome !== 'ENOENT') return outcome
    await this.prepare()
    return await this.#tryLink(from, to)
  }

  async #tryLink(from: string, to: string): Promise<LinkOutcome> {
    try {
      await retryTransient(() => this.#directory.system.blocking.link(from, to))
      return 'done'
    } catch (error) {
      const code = systemCode(error)
      if (code === 'ENOENT' || code === 'EEXIST' || code === 'EMLINK') return code
      throw error
    }
  }

  async #rename(from: string, to: string): Promise<void> {
    const { blocking, platform } = this.#directory.system
    await retrySharing(() => blocking.rename(from, to), platform)
  }

  async #stat(path: string): Promise<{ readonly size: number; readonly nlink: number | undefined } | undefined> {
    try {
      const stat = await this.#directory.system.blocking.lstat(path)
      return stat.isFile() ? { size: stat.size, nlink: stat.nlink } : undefined
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }
}

function folderOf({ id }: Place): string {
  return id.slice(0, id.indexOf('/'))
}

type LinkOutcome = 'done' | 'ENOENT' | 'EEXIST' | 'EMLINK'
