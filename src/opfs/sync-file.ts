import { CacheError } from '../errors.ts'

/** What a log needs of a file: the part of `FileSystemSyncAccessHandle` whose calls all browsers answer at once. */
export interface SyncFile {
  /** Fills `into` from offset `at` on; gives how many bytes there were. */
  read(into: Uint8Array, options: { readonly at: number }): number
  /** Writes at offset `at`; gives how many bytes it took. */
  write(bytes: Uint8Array, options: { readonly at: number }): number
  /** Makes the file that long: cuts it off, or fills it up with zeros. */
  truncate(byteLength: number): void
  /** Its size in bytes. */
  getSize(): number
  /** Asks the system to put on the disk what was written. */
  flush(): void
  /** Gives it back: another may open it then. */
  close(): void
}

/** The bytes of `file` from `at` on, as many as there are, at most `byteLength`. */
export function readUpTo(file: SyncFile, at: number, byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength)
  let filled = 0
  while (filled < byteLength) {
    const count = file.read(filled === 0 ? bytes : bytes.subarray(filled), { at: at + filled })
    if (count === 0) break
    filled += count
  }
  return filled === byteLength ? bytes : bytes.subarray(0, filled)
}

/** Writes all of `bytes` at `at`. */
export function writeAll(file: SyncFile, bytes: Uint8Array, at: number): void {
  let written = 0
  while (written < bytes.byteLength) {
    const count = file.write(written === 0 ? bytes : bytes.subarray(written), { at: at + written })
    // No browser says why; a disk that takes nothing is full.
    if (count === 0)
      throw new CacheError('STORE_FULL', `Cannot write: the file takes no more at offset ${at + written}`)
    written += count
  }
}
