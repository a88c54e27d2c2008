import { decodeFrame, decodeFrameHead, frameHeadBytes, frameMark, type LogFrame } from './log-format.ts'
import { readUpTo, type SyncFile } from './sync-file.ts'

// Small frames come many at once; values larger than this are jumped over.
const windowBytes = 256 * 1024

/** Finds frames in a log. */
export class LogReader {
  /** Size of the file. */
  readonly byteLength: number
  readonly #file: SyncFile
  readonly #id: number
  #window: Uint8Array = new Uint8Array(0)
  #windowAt = 0

  /** Reads `file`, whose header has the id `id`. Nobody may write to it meanwhile. */
  constructor(file: SyncFile, id: number) {
    this.#file = file
    this.#id = id
    this.byteLength = file.getSize()
  }

  /** The frame at `at`; `undefined` if there is none that is whole up to its values, for which there is room. */
  frameAt(at: number): LogFrame | undefined {
    const sizes = decodeFrameHead(this.#bytes(at, frameHeadBytes), this.#id, at)
    if (sizes === undefined) return undefined
    const headBytes = frameHeadBytes + sizes.tableBytes
    if (headBytes + sizes.valueBytes > this.byteLength - at) return undefined
    return decodeFrame(this.#bytes(at, headBytes), at, sizes)
  }

  /** The first frame at or after `from`, wherever it starts. */
  nextFrame(from: number): LogFrame | undefined {
    const mark = frameMark(this.#id)
    for (let at = from; at + frameHeadBytes <= this.byteLength; ) {
      const bytes = this.#bytes(at, Math.min(windowBytes, this.byteLength - at))
      const found = indexOf(bytes, mark)
      if (found < 0) {
        at += bytes.byteLength - mark.byteLength + 1
        continue
      }
      const frame = this.frameAt(at + found)
      if (frame !== undefined) return frame
      at += found + 1
    }
    return undefined
  }

  // Fewer at the end of the file.
  #bytes(at: number, byteLength: number): Uint8Array {
    const from = at - this.#windowAt
    if (from >= 0 && from + byteLength <= this.#window.byteLength) return this.#window.subarray(from, from + byteLength)
    const wanted = Math.max(0, Math.min(Math.max(byteLength, windowBytes), this.byteLength - at))
    this.#window = readUpTo(this.#file, at, wanted)
    this.#windowAt = at
    return this.#window.subarray(0, byteLength)
  }
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = bytes.indexOf(part[0]!); at >= 0; at = bytes.indexOf(part[0]!, at + 1)) {
    let matched = 1
    while (matched < part.byteLength && bytes[at + matched] === part[matched]) matched++
    if (matched === part.byteLength) return at
  }
  return -1
}
