import type { LocalLevel } from './local-level.ts'
import type { RemoteReads } from './remote-reads.ts'

const firstMs = 200
const longestMs = 1_000

/**
 * Asks for Redis as long as there are copies that were kept without it: they must not outlive its return, also in a process
 * that has no other question to it.
 */
export class Recovery {
  readonly #local: LocalLevel
  readonly #reads: RemoteReads
  readonly #random: () => number
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(local: LocalLevel, reads: RemoteReads, random: () => number) {
    this.#local = local
    this.#reads = reads
    this.#random = random
  }

  /** Begins, unless it has. */
  start(): void {
    if (this.#timer === undefined) this.#plan(firstMs)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #plan(delayMs: number): void {
    if (this.#isClosed) return
    const timer = setTimeout(() => void this.#ask(delayMs), delayMs * (0.5 + this.#random() / 2))
    // Copies alone do not keep a program running.
    if (typeof timer === 'object') timer.unref()
    this.#timer = timer
  }

  // Any answer drops the copies.
  async #ask(delayMs: number): Promise<void> {
    const key = this.#local.alone
    if (key !== undefined) await this.#reads.one(key, undefined).catch(() => undefined)
    this.#timer = undefined
    if (this.#local.alone !== undefined) this.#plan(Math.min(longestMs, delayMs * 2))
  }
}
