import { onAbort } from '../../core/on-abort.ts'
import type { BlobLease } from '../blob-store.ts'
import type { Claim, ClaimWait, KeyClaims } from './key-claims.ts'

// A fetch takes its time: who waits for one does not look all the time.
const maxPauseMs = 50
// Often enough for who takes a claim that nobody renews for a minute for one of the dead.
const defaultRenewMs = 20_000

/** Leases of the blobs of a directory: claims that are held for as long as a fetch takes, and renewed meanwhile. */
export class FetchLeases {
  readonly #claims: KeyClaims
  readonly #renewMs: number
  readonly #held = new Set<Claim>()
  readonly #waiting = new Set<AbortController>()
  #timer: NodeJS.Timeout | undefined

  constructor(claims: KeyClaims, renewMs: number = defaultRenewMs) {
    this.#claims = claims
    this.#renewMs = renewMs
  }

  /** The lease of the blob that the index calls `id`. A wait that is aborted ends a moment later. */
  async take(id: string, { signal: given, waitMs }: ClaimWait): Promise<BlobLease> {
    const controller = new AbortController()
    const { signal } = controller
    const stopListening = given && onAbort(given, () => controller.abort(given.reason))
    this.#waiting.add(controller)
    try {
      // Not the claim of the blob itself: it is put and read as ever while somebody fetches.
      return this.#hold(await this.#claims.take(`fetch ${id}`, { signal, waitMs, maxPauseMs }))
    } finally {
      this.#waiting.delete(controller)
      stopListening?.()
    }
  }

  /** Ends every wait. */
  stop(): void {
    for (const controller of this.#waiting) controller.abort()
  }

  /** Gives back what is held. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#held, claim => this.#release(claim)))
  }

  #hold(claim: Claim): BlobLease {
    this.#held.add(claim)
    this.#timer ??= setInterval(() => void this.#renew(), this.#renewMs).unref()
    return { release: () => this.#release(claim) }
  }

  async #release(claim: Claim): Promise<void> {
    if (!this.#held.delete(claim)) return
    if (this.#held.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    await claim.release()
  }

  async #renew(): Promise<void> {
    for (const claim of this.#held) await claim.renew()
  }
}
