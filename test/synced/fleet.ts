import { MemoryRemote, type MemoryRemoteOptions } from '../../src/synced/memory-remote.ts'
import { SyncedCache } from '../../src/synced/synced-cache.ts'
import type { SyncedOptions } from '../../src/synced/synced-options.ts'

/** Processes over one server in memory, with one clock. */
export function fleet(options: MemoryRemoteOptions = {}) {
  const time = { nowMs: 1_000_000 }
  const clock = (): number => time.nowMs
  const memory = new MemoryRemote({ clock, ...options })
  const open = <T = unknown>(more: SyncedOptions = {}): Promise<SyncedCache<T>> =>
    SyncedCache.open<T>({ remote: memory.connect, prefix: 'p:', clock, ...more })
  return { memory, open, time }
}

/** Holds back what is asked to wait, and lets it go in order or all at once. */
export class Gate {
  readonly #waiting: (() => void)[] = []

  pass(deliver: () => void): void {
    this.#waiting.push(deliver)
  }

  get size(): number {
    return this.#waiting.length
  }

  open(): void {
    for (const deliver of this.#waiting.splice(0)) deliver()
  }
}

/** A promise and what settles it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  return { promise, resolve, reject }
}

/** Lets everything go on that waits for no timer. */
export async function settle(): Promise<void> {
  await new Promise<void>(resolve => setTimeout(resolve, 0))
}
