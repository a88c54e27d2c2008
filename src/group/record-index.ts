/** Which records are known to be in the store and how large each is, in the order of their last use. Synchronous. */
export class RecordIndex {
  // Least recently used first: a Map keeps the order in which names were set.
  #sizes = new Map<string, number>()
  #bytes = 0
  #changes = 0

  /** Bytes of all records in it. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many records there are. */
  get size(): number {
    return this.#sizes.size
  }

  /** How often it changed, uses included, since {@link saved}. */
  get changes(): number {
    return this.#changes
  }

  /** Names and sizes, least recently used first. Changes with the index. */
  get sizes(): ReadonlyMap<string, number> {
    return this.#sizes
  }

  has(name: string): boolean {
    return this.#sizes.has(name)
  }

  /** Adds or replaces a record, or notes that it was used: it is now the most recent. */
  put(name: string, byteLength: number): void {
    this.delete(name)
    this.#sizes.set(name, byteLength)
    this.#bytes += byteLength
    this.#changes++
  }

  delete(name: string): void {
    const byteLength = this.#sizes.get(name)
    if (byteLength === undefined) return
    this.#sizes.delete(name)
    this.#bytes -= byteLength
    this.#changes++
  }

  clear(): void {
    this.#sizes.clear()
    this.#bytes = 0
    this.#changes++
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
    this.#changes++
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
  }
}
