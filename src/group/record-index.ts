/** Which records are known to be in the store and how large each is, in the order of their last use. Synchronous. */
export class RecordIndex {
  // Least recently used first: a Map keeps the order in which names were set.
  #sizes = new Map<string, number>()
  #bytes = 0
  #changes = 0
  #isDirty = false

  /** Bytes of all records in it. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many records there are. */
  get size(): number {
    return this.#sizes.size
  }

  /** How many records were added, replaced or removed since {@link saved}. */
  get changes(): number {
    return this.#changes
  }

  /** Whether anything, be it the order, is not as it was at {@link saved}. */
  get isDirty(): boolean {
    return this.#isDirty
  }

  /** Names and sizes, least recently used first. Changes with the index. */
  get sizes(): ReadonlyMap<string, number> {
    return this.#sizes
  }

  has(name: string): boolean {
    return this.#sizes.has(name)
  }

  /** Adds or replaces a record: it is now the one used last. */
  put(name: string, byteLength: number): void {
    this.use(name, byteLength)
    this.#changes++
  }

  /** Notes that a record was found and used. */
  use(name: string, byteLength: number): void {
    this.#take(name)
    this.#sizes.set(name, byteLength)
    this.#bytes += byteLength
    this.#isDirty = true
  }

  delete(name: string): void {
    if (!this.#take(name)) return
    this.#changes++
    this.#isDirty = true
  }

  clear(): void {
    this.#sizes.clear()
    this.#bytes = 0
    this.#changes++
    this.#isDirty = true
  }

  /** Takes in records of earlier runs, least recently used first, as used before all that are here already. */
  adopt(older: Iterable<readonly [string, number]>): void {
    const newer = this.#sizes
    this.#sizes = new Map()
    for (const [name, byteLength] of older) {
      if (newer.has(name) || this.#sizes.has(name)) continue
      this.#sizes.set(name, byteLength)
      this.#bytes += byteLength
    }
    for (const [name, byteLength] of newer) this.#sizes.set(name, byteLength)
    this.#isDirty = true
  }

  /** The least recently used names of which `isFree` is true, up to `maxCount`, whose removal brings the bytes to `maxBytes`. */
  oldest(maxBytes: number, maxCount: number, isFree: (name: string) => boolean): string[] {
    const names: string[] = []
    let { bytes } = this
    for (const [name, byteLength] of this.#sizes) {
      if (bytes <= maxBytes || names.length === maxCount) break
      if (!isFree(name)) continue
      names.push(name)
      bytes -= byteLength
    }
    return names
  }

  /** Counts changes from here on. */
  saved(): void {
    this.#changes = 0
    this.#isDirty = false
  }

  #take(name: string): boolean {
    const byteLength = this.#sizes.get(name)
    if (byteLength === undefined) return false
    this.#bytes -= byteLength
    return this.#sizes.delete(name)
  }
}
