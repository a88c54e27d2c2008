import fc from 'fast-check'
import { afterAll, describe, it } from 'vitest'
import { type OpenStore, type StoreContractOptions, storeContract, storeProperties } from '../../src/contract/index.ts'
import { prefixed } from './prefixed.ts'

// COLDSNAP_RUNS=20 makes every property run 20 times as many samples.
const factor = Number(process.env['COLDSNAP_RUNS'] ?? 1)

interface RunOptions extends StoreContractOptions {
  /** Samples per property; fewer where every write waits for a disk. */
  readonly runs?: number
}

/** Registers all cases and properties for `open`, with vitest. */
export function runContract(name: string, open: OpenStore, { runs = 100, ...options }: RunOptions = {}): void {
  describe(name, () => {
    const leftOut = new Set<string>()
    for (const { id, title, run } of storeContract(open, options)) {
      it(title, async context => {
        await run({
          skip(reason) {
            leftOut.add(`${id} ${reason}`)
            context.skip(reason)
          },
        })
      })
    }
    // The reporter does not print the reasons of skipped tests when many files run.
    afterAll(() => {
      if (leftOut.size > 0) process.stdout.write(`${name}, left out: ${[...leftOut].join('; ')}\n`)
    })
    for (const { title, run } of storeProperties(open, fc)) {
      it(title, async () => await run({ numRuns: Math.ceil(runs * factor) }), 60_000 * Math.max(1, factor))
    }
  })
}

/** As {@link runContract}, for the store itself and for a view of it. */
export function runContractBothWays(name: string, open: OpenStore, options: RunOptions = {}): void {
  runContract(name, open, options)
  const notClosed = 'closing is not for a view'
  runContract(`${name} under PrefixStore`, prefixed(open), {
    // A view does nothing with values, so the full 64 MiB once is enough.
    maxValueBytes: 4 * 1024 * 1024,
    ...options,
    skip: { ...options.skip, S23: notClosed, S24: notClosed },
  })
}
