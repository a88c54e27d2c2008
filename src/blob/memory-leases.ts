import { abortedBy } from '../core/abortable.ts'
import { checkSignal } from '../core/check.ts'
import { onAbort } from '../core/on-abort.ts'
import { CacheError } from '../errors.ts'
import type { BlobLease, BlobLeaseOptions } from './blob-store.ts'
import { leaseWait } from './lease-wait.ts'

interface Waiter {
  readonly grant: () => void
  readonly refuse: (error: CacheError) => void
}

// Of timers; whoever waits for longer waits for ever.
const maxTimerMs = 2 ** 31 - 1

/** Leases within one process: one holder of a subject at a time, and the others in the order in which they came. */
export class MemoryLeases {
  // Of each subject that is held, who waits for it.
  readonly #waiting = new Map<string, Set<Waiter>>()

  /** Waits for the lease of `subject` and takes it: `TIMEOUT`, `ABORTED`, or `CLOSED` if it does not come to that. */
  take(subject: string, options: BlobLeaseOptions = {}): Promise<BlobLease> {
    const { signal } = options
    const waitMs = leaseWait(options)
    checkSignal(signal)
    const waiting = this.#waiting.get(subject)
    if (waiting === undefined) {
      this.#waiting.set(subject, new Set())
      return Promise.resolve(this.#held(subject))
    }
    return new Promise((resolve, reject) => {
      const end = (): void => {
        waiting.delete(waiter)
        clearTimeout(timer)
        stopListening?.()
      }
      const waiter: Waiter = {
        grant: () => {
          end()
          resolve(this.#held(subject))
        },
        refuse: error => {
          end()
          reject(error)
        },
      }
      waiting.add(waiter)
      const late = (): void =>
        waiter.refuse(new CacheError('TIMEOUT', 'Cannot lease a blob: somebody else keeps the lease'))
      const timer = waitMs > maxTimerMs ? undefined : setTimeout(late, waitMs)
      const stopListening = signal && onAbort(signal, () => waiter.refuse(abortedBy(signal)))
    })
  }

  /** Refuses all who wait, with `CLOSED`. */
  close(): void {
    for (const waiting of this.#waiting.values()) {
      for (const { refuse } of waiting) refuse(new CacheError('CLOSED', 'The blob store is closed'))
    }
  }

  #held(subject: string): BlobLease {
    let isHeld = true
    return {
      release: async () => {
        if (isHeld) this.#next(subject)
        isHeld = false
      },
    }
  }

  #next(subject: string): void {
    const [first] = this.#waiting.get(subject) ?? []
    if (first === undefined) this.#waiting.delete(subject)
    else first.grant()
  }
}
