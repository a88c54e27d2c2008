import { compareUtf8, utf8Length } from '../bytes/utf8.ts'
import { type LogRecord, recordBytes, type ValuePlace } from './log-format.ts'

/** Where the newest value of every key is. */
export class LogIndex {
  readonly #places = new Map<string, ValuePlace>()
  #liveBytes = 0
  #sorted: string[] | undefined

  /** What a log would take that held nothing else, about. */
  get liveBytes(): number {
    return this.#liveBytes
  }

  get(key: string): ValuePlace | undefined {
    return this.#places.get(key)
  }

  /** All keys with their values, in the order in which they came to be. */
  entries(): IterableIterator<[string, ValuePlace]> {
    return this.#places.entries()
  }

  /** Does what a frame did. */
  apply(records: readonly LogRecord[]): void {
    for (const { key, place } of records) {
      const before = this.#places.get(key)
      if (before !== undefined) this.#liveBytes -= recordBytes(utf8Length(key), before.byteLength)
      if (place !== undefined) this.#liveBytes += recordBytes(utf8Length(key), place.byteLength)
      if ((before === undefined) !== (place === undefined)) this.#sorted = undefined
      // Deleted first, so that the order is that of the log: compaction reads it from the front to the end.
      this.#places.delete(key)
      if (place !== undefined) this.#places.set(key, place)
    }
  }

  /** The keys that start with `prefix` in the order of their UTF-8 bytes. The list stays as it is. */
  keys(prefix: string): readonly string[] {
    this.#sorted ??= [...this.#places.keys()].sort(compareUtf8)
    const sorted = this.#sorted
    if (prefix === '') return sorted
    const first = firstAt(sorted, prefix)
    let end = first
    while (end < sorted.length && sorted[end]!.startsWith(prefix)) end++
    return sorted.slice(first, end)
  }
}

// Keys with a prefix are together, after the prefix itself.
function firstAt(sorted: readonly string[], prefix: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareUtf8(sorted[middle]!, prefix) < 0) low = middle + 1
    else high = middle
  }
  return low
}
