import { setTimeout as sleep } from 'node:timers/promises'
import { isCacheError } from '../../src/errors.ts'

/** Does `work`, which Redis is there for, again while it is UNAVAILABLE: to a busy machine, or until all nodes know of a failover. */
export async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isCacheError(error, 'UNAVAILABLE')) throw error
    }
    // An open breaker answers at once.
    await sleep(10)
  }
}
