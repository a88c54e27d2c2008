import fs from 'node:fs'
import { join } from 'node:path'
import { openRegularFile, quietly, readBytes, writeAll } from '../../store/atomic-file.ts'
import { systemCode } from '../../store/file-error.ts'
import { type FileIo, openFlags } from '../../store/file-io.ts'
import { KeyQueue } from '../../store/key-queue.ts'
import { retrySharing, retryTransient } from '../../store/retry.ts'
import type { BlobDirectory } from './blob-directory.ts'
import { bootId } from './process-token.ts'
import { lateLine } from './usage-lines.ts'
import { workName } from './work-files.ts'

const { O_WRONLY, O_APPEND, O_NOFOLLOW = 0 } = fs.constants
const readPieceBytes = 1024 * 1024
/** The line that says that everything before the log was begun is in it. */
export const completeLine = '!'

/** What {@link UsageLog.read} found beside lines. */
export type LogState = 'continued' | 'begun anew' | 'none'

interface LogFile {
  readonly fd: number
  readonly ino: number | undefined
}

/**
 * The lines of text that all processes of a directory append to and read: what was put, used and removed. A line is
 * appended by one call, so lines do not mix. When the log is written anew, in a new file that takes its name, what was
 * appended to the old one meanwhile is appended again by who appended it or who wrote the new one; lines may come twice.
 */
export class UsageLog {
  readonly #directory: BlobDirectory
  readonly #io: FileIo
  readonly #path: string
  // One call after the other: they share descriptors and the offset.
  readonly #queue = new KeyQueue()
  #writing: LogFile | undefined
  #reading: LogFile | undefined
  #offset = 0
  #rest = ''

  constructor(directory: BlobDirectory) {
    this.#directory = directory
    this.#io = directory.system.blocking
    this.#path = join(directory.workPath, 'index')
  }

  /** Bytes of the log that were read. */
  get offset(): number {
    return this.#offset
  }

  /** Appends one line, if there is a log; whether there was. */
  append(line: string): Promise<boolean> {
    return this.#queue.run('', () => this.#append(line))
  }

  async #append(line: string): Promise<boolean> {
    const bytes = Buffer.from(`${line}\n`, 'latin1')
    for (;;) {
      const file = await this.#openForWriting()
      if (file === undefined) return false
      await this.#appendTo(file, bytes)
      // If another took its place meanwhile, nobody may read this one any more.
      if ((await this.#inode()) === file.ino) return true
    }
  }

  /** Gives every line that was appended since the last call to `take`; after 'begun anew' they are those of another file. */
  read(take: (line: string) => void, reset: () => void): Promise<LogState> {
    return this.#queue.run('', () => this.#read(take, reset))
  }

  async #read(take: (line: string) => void, reset: () => void): Promise<LogState> {
    const ino = await this.#inode()
    if (ino === null) {
      await this.#closeReading()
      return 'none'
    }
    let state: LogState = 'continued'
    if (this.#reading === undefined || this.#reading.ino !== ino) {
      await this.#closeReading()
      const opened = await openRegularFile(this.#io, this.#path, this.#directory.system.platform)
      if (opened === undefined) return 'none'
      this.#reading = opened
      state = 'begun anew'
      reset()
    }
    await this.#readOn(this.#reading.fd, take)
    return state
  }

  /**
   * Writes the log anew with `lines` in place of everything that was {@link read}; it is not complete until
   * {@link completeLine} is appended. Only under the claim of the index.
   */
  rewrite(lines: Iterable<string>): Promise<void> {
    return this.#queue.run('', () => this.#rewrite(lines))
  }

  async #rewrite(lines: Iterable<string>): Promise<void> {
    const temp = join(this.#directory.temp, workName('index'))
    const fd = await retryTransient(() => this.#io.open(temp, openFlags.create, 0o600))
    let isClosed = false
    try {
      let text = `${headerLine()}\n`
      for (const line of lines) {
        text += `${line}\n`
        if (text.length < readPieceBytes) continue
        await writeAll(this.#io, fd, Buffer.from(text, 'latin1'))
        text = ''
      }
      await writeAll(this.#io, fd, Buffer.from(text, 'latin1'))
      isClosed = true
      await this.#io.close(fd)
      await retrySharing(() => this.#io.rename(temp, this.#path), this.#directory.system.platform)
    } catch (error) {
      if (!isClosed) await quietly(() => this.#io.close(fd))
      await quietly(() => this.#io.unlink(temp))
      throw error
    }
    // What others appended to the old file until it lost its name. They may have appended to the new one since.
    const late: string[] = []
    if (this.#reading !== undefined) await this.#readOn(this.#reading.fd, line => late.push(line))
    for (const line of late) if (line !== completeLine) await this.#append(lateLine(line))
  }

  /** Closes its files. */
  close(): Promise<void> {
    return this.#queue.run('', async () => {
      await this.#closeReading()
      await this.#closeWriting()
    })
  }

  async #appendTo(file: LogFile, bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#io, file.fd, bytes)
    } catch (error) {
      // After half a line, as on a full disk: the next line must not become its other half.
      await quietly(() => this.#io.write(file.fd, Buffer.from('\n'), 0, 1))
      throw error
    }
  }

  async #openForWriting(): Promise<LogFile | undefined> {
    const ino = await this.#inode()
    if (ino !== null && this.#writing !== undefined && this.#writing.ino === ino) return this.#writing
    await this.#closeWriting()
    if (ino === null) return undefined
    try {
      const fd = await retryTransient(() => this.#io.open(this.#path, O_WRONLY | O_APPEND | O_NOFOLLOW, 0))
      try {
        this.#writing = { fd, ino: (await this.#io.fstat(fd)).ino }
      } catch (error) {
        await quietly(() => this.#io.close(fd))
        throw error
      }
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
    return this.#writing
  }

  // Of the file that has the name now; `null` if none has.
  async #inode(): Promise<number | undefined | null> {
    try {
      return (await this.#io.lstat(this.#path)).ino
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null
      throw error
    }
  }

  async #readOn(fd: number, take: (line: string) => void): Promise<void> {
    for (;;) {
      const bytes = await readBytes(this.#io, fd, this.#offset, readPieceBytes)
      this.#offset += bytes.byteLength
      const lines = (
        this.#rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
      ).split('\n')
      this.#rest = lines.pop()!
      for (const line of lines) take(line)
      if (bytes.byteLength < readPieceBytes) return
    }
  }

  async #closeReading(): Promise<void> {
    const file = this.#reading
    this.#reading = undefined
    this.#offset = 0
    this.#rest = ''
    if (file !== undefined) await quietly(() => this.#io.close(file.fd))
  }

  async #closeWriting(): Promise<void> {
    const file = this.#writing
    this.#writing = undefined
    if (file !== undefined) await quietly(() => this.#io.close(file.fd))
  }
}

/** The first line: a log of another version, or from before the system was started anew, may lack lines. */
export function headerLine(): string {
  return `coldsnap-blobs 1 ${bootId()}`
}
