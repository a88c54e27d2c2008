import { ExpiryHeap } from './expiry-heap.ts'

/** What the index knows of a blob. */
export interface Usage {
  readonly size: number
  readonly expiresAtMs: number | undefined
  readonly usedMs: number
}

/** All blobs of a directory in the order of their last use, with totals; every change takes constant or logarithmic time. */
export class UsageTable {
  // A Map keeps the order of insertion: the first is the one that was not used for the longest time.
  readonly #entries = new Map<string, Usage>()
  #expiries = new ExpiryHeap()
  #bytes = 0

  /** Sizes of all bodies together. */
  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#entries.size
  }

  get(id: string): Usage | undefined {
    return this.#entries.get(id)
  }

  /** From the longest unused to the last used. */
  entries(): IterableIterator<[string, Usage]> {
    return this.#entries.entries()
  }

  put(id: string, usage: Usage): void {
    this.remove(id)
    this.#entries.set(id, usage)
    if (usage.expiresAtMs !== undefined) this.#addExpiry(id, usage.expiresAtMs)
    this.#bytes += usage.size
  }

  remove(id: string): void {
    const usage = this.#entries.get(id)
    if (usage === undefined) return
    this.#entries.delete(id)
    this.#bytes -= usage.size
  }

  /** Notes a use; one that is not later than the last known changes nothing. */
  use(id: string, usedMs: number): void {
    const usage = this.#entries.get(id)
    if (usage === undefined || usage.usedMs >= usedMs) return
    this.#entries.delete(id)
    this.#entries.set(id, { ...usage, usedMs })
  }

  /** The blob to give up first that is not in `spared`: one that expired before `expiredMs`, else the longest unused. */
  victim(expiredMs: number, spared: ReadonlySet<string>): string | undefined {
    for (let first = this.#expiries.first; first !== undefined; first = this.#expiries.first) {
      if (this.#entries.get(first.id)?.expiresAtMs === first.expiresAtMs) {
        if (first.expiresAtMs < expiredMs && !spared.has(first.id)) return first.id
        break
      }
      // Of a blob that is gone or was put again.
      this.#expiries.removeFirst()
    }
    for (const id of this.#entries.keys()) if (!spared.has(id)) return id
    return undefined
  }

  #addExpiry(id: string, expiresAtMs: number): void {
    this.#expiries.add({ id, expiresAtMs })
    if (this.#expiries.size <= 2 * this.#entries.size + 1000) return
    this.#expiries = new ExpiryHeap()
    for (const [each, usage] of this.#entries) {
      if (usage.expiresAtMs !== undefined) this.#expiries.add({ id: each, expiresAtMs: usage.expiresAtMs })
    }
  }
}
