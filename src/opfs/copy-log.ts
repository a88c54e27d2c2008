import { CacheError } from '../errors.ts'
import { encodeFrame, encodeHeader, headerBytes, type LogHeader, logVersion, type ValuePlace } from './log-format.ts'
import { LogIndex } from './log-index.ts'
import { readUpTo, type SyncFile, writeAll } from './sync-file.ts'
import { writeFrame } from './write-frame.ts'

const maxFrameBytes = 1024 * 1024
const maxFrameKeys = 1000
const pieceBytes = 1024 * 1024

/** A log in a file, and what is in it. */
export interface OpenLog {
  readonly file: SyncFile
  readonly header: LogHeader
  readonly index: LogIndex
  /** Where the next frame goes. */
  readonly endBytes: number
}

/**
 * Makes a log of nothing but the newest values of `from`, in a file that holds nothing of worth. It becomes one with its
 * header, which comes last: all else is flushed by then, so a crash leaves a whole log or none.
 */
export function copyLog(
  from: Omit<OpenLog, 'endBytes' | 'header'>,
  file: SyncFile,
  { id, generation }: NewLog,
): OpenLog {
  file.truncate(0)
  const index = new LogIndex()
  let at = headerBytes
  for (const values of groupsOf(from.index.entries())) {
    const changes = values.map(([key, value]) => ({ key, value }))
    // All of it is below the mark of the header.
    const made = encodeFrame({ id, at, flushedBytes: headerBytes }, changes)
    writeFrame(file, made, piecesOf(from.file, values))
    index.apply(made.frame.records)
    at = made.frame.end
  }
  if (at > headerBytes) file.flush()
  const header = { version: logVersion, id, generation, baseBytes: at }
  writeAll(file, encodeHeader(header), 0)
  file.flush()
  return { file, header, index, endBytes: at }
}

/** What tells a new log from others. */
export type NewLog = Pick<LogHeader, 'id' | 'generation'>

type Value = readonly [key: string, place: ValuePlace]

function* groupsOf(values: Iterable<Value>): Generator<Value[]> {
  let group: Value[] = []
  let bytes = 0
  for (const value of values) {
    group.push(value)
    bytes += value[1].byteLength
    if (bytes < maxFrameBytes && group.length < maxFrameKeys) continue
    yield group
    group = []
    bytes = 0
  }
  if (group.length > 0) yield group
}

// As they are: a value that is damaged keeps the digest that tells.
function* piecesOf(file: SyncFile, values: readonly Value[]): Generator<Uint8Array> {
  for (const [key, { at, byteLength }] of values) {
    for (let done = 0; done < byteLength; done += pieceBytes) {
      const wanted = Math.min(pieceBytes, byteLength - done)
      const piece = readUpTo(file, at + done, wanted)
      if (piece.byteLength < wanted)
        throw new CacheError('IO', 'Cannot copy a value: the log is shorter than it was', { key })
      yield piece
    }
  }
}
