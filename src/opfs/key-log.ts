import { digest } from '../bytes/digest.ts'
import { CacheError } from '../errors.ts'
import type { StoreOperation } from '../store/store.ts'
import { copyLog, type NewLog, type OpenLog } from './copy-log.ts'
import { decodeHeader, encodeFrame, type FrameChange, headerBytes, type LogHeader, logVersion } from './log-format.ts'
import { LogIndex } from './log-index.ts'
import { isFull } from './opfs-error.ts'
import { isValueOf, replayLog } from './replay-log.ts'
import { readUpTo, type SyncFile } from './sync-file.ts'
import { writeFrame } from './write-frame.ts'

/** How a {@link KeyLog} is opened. */
export interface KeyLogOptions {
  /** Whether a damaged log is opened with what is left of it. */
  readonly salvage: boolean
  /** Whether a write is flushed before it is done. */
  readonly flush: boolean
  readonly random: () => number
  /** How many bytes may be of no use, beyond as many as are of use, before the log is made anew. */
  readonly minGarbageBytes: number
}

/** Two files, one of which holds the log; the other is empty, or becomes the next log. */
export type LogFiles = readonly [SyncFile, SyncFile]

/**
 * Values under keys in a log: what is written is appended to one file, and when half of that is of no use any more, what is of
 * use is written to the other file. Which one holds the log their headers say. Every call is done when it returns.
 */
export class KeyLog {
  readonly #files: LogFiles
  readonly #options: KeyLogOptions
  #log: OpenLog
  #endBytes: number
  #flushedBytes: number
  /** The highest mark in the log. */
  #markedBytes: number
  // What the file holds behind the end, or whether it is flushed, is not known: only a new log helps.
  #isBroken = false
  #copyAgainAtBytes = 0

  private constructor(files: LogFiles, options: KeyLogOptions, log: OpenLog, flushedBytes: number) {
    this.#files = files
    this.#options = options
    this.#log = log
    this.#endBytes = log.endBytes
    this.#flushedBytes = flushedBytes
    this.#markedBytes = flushedBytes
  }

  /**
   * Opens the log in `files`, and begins one where there is none. Throws `CORRUPT` if it is damaged in a place that tells
   * which keys there are, and `FORMAT_NEWER`. Damaged values are found when they are loaded.
   */
  static open(files: LogFiles, options: KeyLogOptions): KeyLog {
    const headers = files.map(file => decodeHeader(readUpTo(file, 0, headerBytes)))
    if (headers.some(header => header !== undefined && header.version > logVersion)) {
      throw new CacheError('FORMAT_NEWER', 'Cannot open the log: a newer version of coldsnap wrote it')
    }
    const [first, second] = headers
    const header = (first?.generation ?? 0) > (second?.generation ?? 0) ? first : second
    if (header === undefined) return KeyLog.#begin(files, options)
    const [file, other] = header === first ? files : ([files[1], files[0]] as const)
    const { frames, endBytes, flushedBytes, damages } = replayLog(file, header)
    const [damage] = damages
    if (damage !== undefined && !options.salvage) {
      throw new CacheError(
        'CORRUPT',
        `Cannot open the log: ${damage.byteLength} bytes at offset ${damage.at} are damaged`,
      )
    }
    const index = new LogIndex()
    for (const { records } of frames) index.apply(records)
    const log = new KeyLog(files, options, { file, header, index, endBytes }, flushedBytes)
    if (damage !== undefined) log.compact()
    else cutOff(file, endBytes)
    if (damage === undefined) cutOff(other, 0)
    return log
  }

  static #begin(files: LogFiles, options: KeyLogOptions): KeyLog {
    // No write is done before its header is flushed: a file that short is one that was being begun.
    if (!options.salvage && files.some(file => file.getSize() > headerBytes)) {
      throw new CacheError('CORRUPT', 'Cannot open the log: its header is damaged')
    }
    const [file, other] = files
    cutOff(other, 0)
    const log = copyLog({ file: other, index: new LogIndex() }, file, nextTo(undefined, options.random))
    return new KeyLog(files, options, log, log.endBytes)
  }

  /** The keys that start with `prefix` in the order of their UTF-8 bytes; the list stays as it is. */
  keys(prefix: string): readonly string[] {
    return this.#log.index.keys(prefix)
  }

  /** The value of `key`; throws `CORRUPT` if it is damaged. */
  load(key: string): Uint8Array | undefined {
    const place = this.#log.index.get(key)
    if (place === undefined) return undefined
    const bytes = readUpTo(this.#log.file, place.at, place.byteLength)
    if (isValueOf(place, bytes)) return bytes
    throw new CacheError('CORRUPT', 'Cannot load a value: its bytes are damaged', { key })
  }

  /** Writes each of `batches`, all of its operations or none, with one flush; if it throws, nothing was changed. */
  write(batches: readonly (readonly StoreOperation[])[]): void {
    if (this.#isBroken) this.compact()
    try {
      this.#append(batches)
    } catch (error) {
      if (!isFull(error) || this.#garbageBytes === 0 || this.#isBroken) throw error
      // What is of no use may be what takes the room.
      this.#tryCompact()
      if (this.#copyAgainAtBytes > 0) throw error
      this.#append(batches)
    }
  }

  /** Whether {@link compact} is worth its while: it then copies less than was written since the last time. */
  get hasGarbage(): boolean {
    const { minGarbageBytes } = this.#options
    if (this.#endBytes < this.#copyAgainAtBytes) return false
    return this.#garbageBytes > this.#log.index.liveBytes + minGarbageBytes
  }

  /** Makes the log anew in the other file. If it throws, nothing was changed. */
  compact(): void {
    const old = this.#log
    const target = this.#files[old.file === this.#files[0] ? 1 : 0]
    try {
      this.#log = copyLog(old, target, nextTo(old.header, this.#options.random))
    } catch (error) {
      // Its header may have been written, which would count more than what is written to the old log from now on.
      if (!isCut(target)) this.#isBroken = true
      throw error
    }
    this.#isBroken = false
    this.#copyAgainAtBytes = 0
    this.#endBytes = this.#log.endBytes
    this.#flushedBytes = this.#endBytes
    this.#markedBytes = this.#endBytes
    // It counts no more, so a failure does no harm.
    isCut(old.file)
  }

  /** As {@link compact}; a failure is for later, when there is more to gain. */
  tidy(): void {
    if (this.hasGarbage) this.#tryCompact()
  }

  /** Flushes what was not, leaves a mark that it was, and closes the files. */
  close(): void {
    try {
      if (!this.#isBroken) this.#mark()
    } finally {
      for (const file of this.#files) file.close()
    }
  }

  /** Closes files that are there no more. */
  abandon(): void {
    for (const file of this.#files) {
      try {
        file.close()
      } catch {
        // Nothing is left that could be lost.
      }
    }
  }

  get #garbageBytes(): number {
    return this.#endBytes - headerBytes - this.#log.index.liveBytes
  }

  #append(batches: readonly (readonly StoreOperation[])[]): void {
    const { file, header, index } = this.#log
    const frames = []
    let at = this.#endBytes
    const stored = new Set<string>()
    try {
      for (const batch of batches) {
        const operations = batch.filter(({ type, key }) => {
          if (type === 'store') stored.add(key)
          // There is nothing to remove.
          return type === 'store' || stored.has(key) || index.get(key) !== undefined
        })
        if (operations.length === 0) continue
        const made = encodeFrame({ id: header.id, at, flushedBytes: this.#flushedBytes }, operations.map(changeOf))
        writeFrame(file, made, valuesOf(operations))
        frames.push(made.frame)
        at = made.frame.end
      }
    } catch (error) {
      this.#takeBack()
      throw error
    }
    if (frames.length === 0) return
    if (this.#options.flush) this.#flush()
    this.#markedBytes = Math.max(this.#markedBytes, frames[0]!.flushedBytes)
    this.#endBytes = at
    if (this.#options.flush) this.#flushedBytes = at
    for (const { records } of frames) index.apply(records)
  }

  // A flush that failed is never tried again: the next one would say yes to bytes that are gone.
  #flush(): void {
    try {
      this.#log.file.flush()
    } catch (error) {
      this.#takeBack()
      this.#isBroken = true
      throw error
    }
  }

  #takeBack(): void {
    try {
      this.#log.file.truncate(this.#endBytes)
    } catch {
      this.#isBroken = true
    }
  }

  #tryCompact(): void {
    try {
      this.compact()
    } catch {
      this.#copyAgainAtBytes = this.#endBytes + this.#log.index.liveBytes + this.#options.minGarbageBytes
    }
  }

  #mark(): void {
    if (this.#markedBytes === this.#endBytes) return
    const { file, header } = this.#log
    if (this.#flushedBytes < this.#endBytes) file.flush()
    try {
      writeFrame(file, encodeFrame({ id: header.id, at: this.#endBytes, flushedBytes: this.#endBytes }, []), [])
    } catch {
      // There is no room for it, or the file is gone. It is not needed.
    }
  }
}

function nextTo(header: LogHeader | undefined, random: () => number): NewLog {
  return { id: Math.floor(random() * 2 ** 32), generation: (header?.generation ?? 0) + 1 }
}

// Flushed, so that nothing of it comes back behind what is written next.
function cutOff(file: SyncFile, byteLength: number): void {
  if (file.getSize() <= byteLength) return
  file.truncate(byteLength)
  file.flush()
}

function isCut(file: SyncFile): boolean {
  try {
    cutOff(file, 0)
    return true
  } catch {
    return false
  }
}

function changeOf(operation: StoreOperation): FrameChange {
  const { type, key } = operation
  if (type === 'remove') return { key, value: undefined }
  const { value } = operation
  return { key, value: { byteLength: value.byteLength, digest: digest(value) } }
}

function* valuesOf(operations: readonly StoreOperation[]): Generator<Uint8Array> {
  for (const operation of operations) if (operation.type === 'store') yield operation.value
}
