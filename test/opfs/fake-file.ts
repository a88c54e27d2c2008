import type { SyncFile } from '../../src/opfs/sync-file.ts'

/** A change of a file that a loss of power can undo until it is flushed. */
export type FileChange =
  | { readonly type: 'write'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly type: 'truncate'; readonly byteLength: number }

/** What is done to fake files, in the order in which it is done. */
export type FileEvent = { readonly file: number } & (FileChange | { readonly type: 'flush' })

/** A file in memory as a sync access handle shows it. */
export class FakeFile implements SyncFile {
  /** Called before each change; what it throws is the outcome. */
  onEvent: (event: FileChange | { readonly type: 'flush' }) => void = () => undefined
  /** Most bytes that one read or write moves. */
  maxMoved: number = Number.POSITIVE_INFINITY
  isOpen = true
  #bytes: Uint8Array

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes.slice()
  }

  /** A copy of what is in it. */
  get content(): Uint8Array {
    return this.#bytes.slice()
  }

  read(into: Uint8Array, { at }: { readonly at: number }): number {
    this.#check()
    const found = this.#bytes.subarray(at, at + Math.min(into.byteLength, this.maxMoved))
    into.set(found)
    return found.byteLength
  }

  write(bytes: Uint8Array, { at }: { readonly at: number }): number {
    this.#check()
    const taken = bytes.slice(0, Math.min(bytes.byteLength, this.maxMoved))
    const change = { type: 'write', at, bytes: taken } as const
    this.onEvent(change)
    this.#bytes = changed(this.#bytes, change)
    return taken.byteLength
  }

  truncate(byteLength: number): void {
    this.#check()
    const change = { type: 'truncate', byteLength } as const
    this.onEvent(change)
    this.#bytes = changed(this.#bytes, change)
  }

  getSize(): number {
    this.#check()
    return this.#bytes.byteLength
  }

  flush(): void {
    this.#check()
    this.onEvent({ type: 'flush' })
  }

  close(): void {
    this.isOpen = false
  }

  #check(): void {
    if (!this.isOpen) throw new DOMException('The file is closed', 'InvalidStateError')
  }
}

/** The content of a file after `change`. */
export function changed(bytes: Uint8Array, change: FileChange): Uint8Array {
  if (change.type === 'truncate') {
    const cut = new Uint8Array(change.byteLength)
    cut.set(bytes.subarray(0, change.byteLength))
    return cut
  }
  if (change.bytes.byteLength === 0) return bytes
  const grown = new Uint8Array(Math.max(bytes.byteLength, change.at + change.bytes.byteLength))
  grown.set(bytes)
  grown.set(change.bytes, change.at)
  return grown
}
