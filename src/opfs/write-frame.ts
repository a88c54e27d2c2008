import { ByteWriter } from '../bytes/byte-writer.ts'
import type { NewFrame } from './log-format.ts'
import { type SyncFile, writeAll } from './sync-file.ts'

// Small values go together in one call, large ones without a copy.
const maxPieceBytes = 256 * 1024

/** Writes a frame with its `values`, all of them in the order of its changes, in pieces of any size. */
export function writeFrame(file: SyncFile, { head, frame }: NewFrame, values: Iterable<Uint8Array>): void {
  let at = frame.at
  let piece = new ByteWriter(Math.min(maxPieceBytes, frame.end - frame.at))
  const write = (bytes: Uint8Array): void => {
    writeAll(file, bytes, at)
    at += bytes.byteLength
  }
  const add = (bytes: Uint8Array): void => {
    if (piece.byteLength > 0 && piece.byteLength + bytes.byteLength > maxPieceBytes) {
      write(piece.written())
      piece = new ByteWriter(maxPieceBytes)
    }
    if (bytes.byteLength >= maxPieceBytes) write(bytes)
    else piece.bytes(bytes)
  }
  add(head)
  for (const value of values) add(value)
  write(piece.written())
}
