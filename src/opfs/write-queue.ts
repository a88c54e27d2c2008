import { checkSignal } from '../core/check.ts'
import type { StoreOperation } from '../store/store.ts'
import type { LogHolder } from './log-holder.ts'

interface Request {
  readonly operations: readonly StoreOperation[]
  readonly signal: AbortSignal | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Collects writes, so that those that come while one is being flushed share the next flush. */
export class WriteQueue {
  readonly #holder: LogHolder
  #waiting: Request[] = []
  #isWriting = false

  constructor(holder: LogHolder) {
    this.#holder = holder
  }

  /** Resolves when `operations` are done, after those that were added before. An abort before its turn leaves it undone. */
  add(operations: readonly StoreOperation[], signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operations, signal, resolve, reject })
      if (!this.#isWriting) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    // Those of the same turn share one flush too.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#writeWaiting()
    this.#isWriting = false
  }

  async #writeWaiting(): Promise<void> {
    let requests: readonly Request[] = []
    const take = (): Request['operations'][] => {
      // Not before: the caller may change the bytes once it hears of an abort.
      requests = this.#waiting.filter(isWanted)
      this.#waiting = []
      return requests.map(({ operations }) => operations)
    }
    try {
      const results = await this.#holder.write(take)
      for (const [i, { resolve, reject }] of requests.entries()) {
        if (results[i] === undefined) resolve()
        else reject(results[i])
      }
      await this.#holder.tidy()
    } catch (error) {
      if (requests.length === 0) take()
      for (const { reject } of requests) reject(error)
    }
  }
}

function isWanted({ signal, reject }: Request): boolean {
  try {
    checkSignal(signal)
    return true
  } catch (error) {
    reject(error)
    return false
  }
}
