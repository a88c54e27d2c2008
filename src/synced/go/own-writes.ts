import type { SyncedEntry } from '../remote-level.ts'

/** A change that this process has sent. */
export interface OwnWrite {
  readonly key: string
  /** What it writes, with the number of its event once that came for certain; `undefined` if it removes. */
  entry: SyncedEntry | undefined
  /** Whether no other one of the key was under way at the same time. */
  isAlone: boolean
  /** Whether it is known to be done. */
  isDone: boolean
  /** Whether an event was taken for its own. */
  isTaken: boolean
}

/** What this process has sent and not yet heard of on the channel. Events have no numbers, so they are told by their key. */
export class OwnWrites {
  readonly #writes = new Map<string, OwnWrite[]>()

  /** Begins before it is sent; `isHeard`: its event will come. */
  begin(key: string, entry: SyncedEntry | undefined, isHeard: boolean): OwnWrite {
    const write: OwnWrite = { key, entry, isAlone: isHeard, isDone: false, isTaken: false }
    if (!isHeard) return write
    const others = this.#writes.get(key)
    if (others === undefined) {
      this.#writes.set(key, [write])
      return write
    }
    // Of several at once nobody knows which is the last one in Redis.
    for (const each of others) {
      if (each.isDone) continue
      each.isAlone = false
      write.isAlone = false
    }
    others.push(write)
    return write
  }

  has(key: string): boolean {
    return this.#writes.has(key)
  }

  /** An own event of `key` came, the one with number `version`: what it wrote, where that is certain. */
  arrived(key: string, version: number): SyncedEntry | undefined {
    const write = this.#writes.get(key)?.[0]
    if (write === undefined) return undefined
    write.isTaken = true
    this.#remove(write)
    if (!write.isAlone || write.entry === undefined) return undefined
    write.entry = { ...write.entry, version }
    return write.entry
  }

  /** The write failed, or so it seems; gives whether another's event may have been taken for its own. */
  failed(write: OwnWrite): boolean {
    this.#remove(write)
    return write.isTaken
  }

  /** Events may have been missed. */
  forget(): void {
    this.#writes.clear()
  }

  #remove(write: OwnWrite): void {
    const rest = this.#writes.get(write.key)?.filter(each => each !== write) ?? []
    if (rest.length === 0) this.#writes.delete(write.key)
    else this.#writes.set(write.key, rest)
  }
}
