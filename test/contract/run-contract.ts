import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type OpenStore, type StoreContractOptions, storeContract, storeProperties } from '../../src/contract/index.ts'
import { prefixed } from './prefixed.ts'
import { runCases } from './run-cases.ts'

// COLDSNAP_RUNS=20 makes every property run 20 times as many samples.
const factor = Number(process.env['COLDSNAP_RUNS'] ?? 1)

interface RunOptions extends StoreContractOptions {
  /** Samples per property; fewer where every write waits for a disk. */
  readonly runs?: number
}

/** Registers all cases and properties for `open`, with vitest. */
export function runContract(name: string, open: OpenStore, { runs = 100, ...options }: RunOptions = {}): void {
  runCases(name, storeContract(open, options))
  describe(name, () => {
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
