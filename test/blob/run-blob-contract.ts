import { afterAll, describe, it } from 'vitest'
import { type BlobContractOptions, blobContract, type OpenBlobStore } from '../../src/contract/index.ts'
import { runs } from '../snapshot/runs.ts'

// Several times what any store reads, writes or keeps in one piece; COLDSNAP_RUNS=3 for the size of the contract itself.
const maxBodyBytes = runs(3_000_000)

/** Registers all cases for `open`, with vitest. */
export function runBlobContract(name: string, open: OpenBlobStore, options: BlobContractOptions = {}): void {
  describe(name, () => {
    const leftOut = new Set<string>()
    for (const { id, title, run } of blobContract(open, { maxBodyBytes, ...options })) {
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
  })
}
