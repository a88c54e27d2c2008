import { ExpiryHeap } from './expiry-heap.ts'

/** A body: one that is shared, by its name, counts once however many blobs have it. */
export interface CountedBody {
  readonly size: number
  /** `undefined` if it is one blob's alone. */
  readonly body?: string | undefined
}

/** What the index knows of a blob. */
export interface Usage extends CountedBody {
  readonly expiresAtMs: number | undefined
  readonly usedMs: number
  /** What it replaces, and is still there for all that is known: it counts if it is more than what replaces it. */
  readonly before?: CountedBody | undefined
}

/** All blobs of a directory in the order of their last use, with totals; every change takes constant or logarithmic time. */
export class UsageTable {
  // A Map keeps the order of insertion: the first is the one that was not used for the longest time.
  readonly #entries = new Map<string, Usage>()
  #expiries = new ExpiryHeap()
  readonly #holders = new Map<string, number>()
  readonly #replacing = new Map<string, Usage>()
  // With both of what is replaced and what replaces it.
  #bytes = 0

  /** Sizes of all bodies together. */
  get bytes(): number {
    let bytes = this.#bytes
    for (const usage of this.#replacing.values()) {
      bytes -= Math.min(this.#aloneBytes(usage), this.#aloneBytes(usage.before!))
    }
    return bytes
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
    this.#hold(usage)
    if (usage.before === undefined) return
    this.#hold(usage.before)
    this.#replacing.set(id, usage)
  }

  remove(id: string): void {
    const usage = this.#entries.get(id)
    if (usage === undefined) return
    this.#entries.delete(id)
    this.#release(usage)
    if (usage.before === undefined) return
    this.#release(usage.before)
    this.#replacing.delete(id)
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

  #hold({ size, body }: CountedBody): void {
    const holders = body === undefined ? 0 : (this.#holders.get(body) ?? 0)
    if (holders === 0) this.#bytes += size
    if (body !== undefined) this.#holders.set(body, holders + 1)
  }

  #release({ size, body }: CountedBody): void {
    const holders = body === undefined ? 1 : this.#holders.get(body)!
    if (holders === 1) this.#bytes -= size
    if (body === undefined) return
    if (holders === 1) this.#holders.delete(body)
    else this.#holders.set(body, holders - 1)
  }

  // What would be free if this one did not hold it.
  #aloneBytes({ size, body }: CountedBody): number {
    return body === undefined || this.#holders.get(body) === 1 ? size : 0
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
