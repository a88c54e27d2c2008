import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects garbage until no more comes; gives the bytes of the heap that are in use. */
export async function collectGarbage(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let used = Number.POSITIVE_INFINITY
  for (let i = 0; i < 10; i++) {
    await sleep(5)
    collect()
    const { heapUsed, external } = process.memoryUsage()
    if (heapUsed + external > used - 50_000) return Math.min(used, heapUsed + external)
    used = heapUsed + external
  }
  return used
}
