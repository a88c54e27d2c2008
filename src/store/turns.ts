/// <reference types="node" />

const turnMs = 10

// Not of `performance`: who touches that first waits a millisecond for the modules behind it, and may well be a start.
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

/**
 * Lets the event loop have a turn now and then: calls that never wait for anything outside would keep timers, sockets and
 * aborts from it, however many of them follow each other.
 */
export class Turns {
  #lastMs = nowMs()

  /** Whether {@link next} would wait: for loops that are too quick for a promise in every round. */
  get isDue(): boolean {
    return nowMs() - this.#lastMs >= turnMs
  }

  /** Waits for a turn if the last one is some milliseconds ago. */
  async next(): Promise<void> {
    if (!this.isDue) return
    await new Promise<void>(resolve => setImmediate(resolve))
    this.#lastMs = nowMs()
  }
}
