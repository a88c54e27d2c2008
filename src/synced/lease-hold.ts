import type { RemoteCalls } from './remote-calls.ts'
import type { RemoteLease } from './remote-level.ts'

/** A lease that is prolonged, at a third of its time, for as long as the load goes on. */
export class LeaseHold {
  readonly lease: RemoteLease
  readonly #calls: RemoteCalls
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(lease: RemoteLease, leaseMs: number, calls: RemoteCalls) {
    this.lease = lease
    this.#calls = calls
    this.#timer = setInterval(() => void this.#renew(leaseMs), Math.max(1, leaseMs / 3))
  }

  /** Gives the lease up. What fails of that ends with the lease's time. */
  async release(): Promise<void> {
    this.#stop()
    await this.#calls.run(level => level.release(this.lease)).catch(() => undefined)
  }

  // Who lost it goes on loading: what he brings is refused.
  async #renew(leaseMs: number): Promise<void> {
    const isHeld = await this.#calls.run(level => level.renew(this.lease, leaseMs)).catch(() => true)
    if (!isHeld) this.#stop()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
