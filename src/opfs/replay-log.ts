import { digest } from '../bytes/digest.ts'
import { sameBytes } from '../core/same-bytes.ts'
import { headerBytes, type LogFrame, type LogHeader, type ValuePlace } from './log-format.ts'
import { LogReader } from './log-reader.ts'
import { readUpTo, type SyncFile } from './sync-file.ts'

/** Bytes of a log that were flushed and are no frame now. */
export interface LogDamage {
  readonly at: number
  readonly byteLength: number
}

/** What a log says. */
export interface ReplayedLog {
  /** What was done to the keys, the oldest first. */
  readonly frames: readonly LogFrame[]
  /** Where the log ends; what follows was being written when its writer ended. */
  readonly endBytes: number
  /** How much of it is known to be flushed. */
  readonly flushedBytes: number
  /** What is missing in between. Not empty: any key may have been changed there that no later frame names. */
  readonly damages: readonly LogDamage[]
}

/**
 * Reads a log from its header on. Every frame says how much had been flushed before it was written. So a frame that is
 * not whole and lies below such a mark was damaged later; above all marks it was cut off by a crash, and is left out with
 * all that follows. Values are read only above the marks, where a crash may have lost them; elsewhere their digests are
 * checked when they are loaded.
 */
export function replayLog(file: SyncFile, header: LogHeader): ReplayedLog {
  const reader = new LogReader(file, header.id)
  const found = findFrames(reader, header.baseBytes)
  const { flushedBytes } = found
  const torn = found.frames.findIndex(frame => frame.end > flushedBytes && !hasItsValues(file, frame))
  if (torn < 0) return found
  return { ...found, frames: found.frames.slice(0, torn), endBytes: found.frames[torn]!.at }
}

/** Whether the value at `place` is `bytes`. */
export function isValueOf(place: ValuePlace, bytes: Uint8Array): boolean {
  return bytes.byteLength === place.byteLength && sameBytes(digest(bytes), place.digest)
}

function findFrames(reader: LogReader, baseBytes: number): ReplayedLog {
  const frames: LogFrame[] = []
  const damages: LogDamage[] = []
  let flushedBytes = baseBytes
  let at = headerBytes
  while (at < Math.max(reader.byteLength, flushedBytes)) {
    const frame = reader.frameAt(at)
    if (frame !== undefined) {
      frames.push(frame)
      flushedBytes = Math.max(flushedBytes, frame.flushedBytes)
      at = frame.end
      continue
    }
    const next = reader.nextFrame(at)
    if (at >= flushedBytes && !isMarkedAfter(reader, next, at)) break
    // Without a next one everything is lost that was flushed, and maybe more.
    const end = next?.at ?? Math.max(reader.byteLength, flushedBytes)
    damages.push({ at, byteLength: end - at })
    at = end
  }
  return { frames, endBytes: at, flushedBytes, damages }
}

// Whether a later frame says that what is at `at` had been flushed.
function isMarkedAfter(reader: LogReader, next: LogFrame | undefined, at: number): boolean {
  for (let frame = next; frame !== undefined; frame = reader.nextFrame(frame.end)) {
    if (frame.flushedBytes > at) return true
  }
  return false
}

function hasItsValues(file: SyncFile, { records }: LogFrame): boolean {
  return records.every(
    ({ place }) => place === undefined || isValueOf(place, readUpTo(file, place.at, place.byteLength)),
  )
}
