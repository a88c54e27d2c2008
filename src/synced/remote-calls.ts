import { isCacheError } from '../errors.ts'
import type { LocalLevel } from './local-level.ts'
import { remoteError } from './remote-error.ts'
import type { RemoteLevel } from './remote-level.ts'
import type { SyncedCounters } from './synced-counters.ts'

/** Calls of the remote level: every failure is a CacheError and counted, and every answer is a sign of life. */
export class RemoteCalls {
  readonly #level: RemoteLevel
  readonly #local: LocalLevel
  readonly #counters: SyncedCounters

  constructor(level: RemoteLevel, local: LocalLevel, counters: SyncedCounters) {
    this.#level = level
    this.#local = local
    this.#counters = counters
  }

  /** Settles as `call` does; what is no CacheError, nor the fault of the caller, becomes one. */
  async run<T>(call: (level: RemoteLevel) => Promise<T>): Promise<T> {
    try {
      const answer = await call(this.#level)
      this.#local.dropAlone()
      return answer
    } catch (error) {
      if (isCacheError(error, 'ABORTED') || error instanceof TypeError || error instanceof RangeError) throw error
      this.#counters.remoteErrors += 1
      throw remoteError(error)
    }
  }
}
