import { afterAll, describe, it } from 'vitest'
import { type BlobContractOptions, blobContract, type OpenBlobStore } from '../../src/contract/index.ts'

/** Registers all cases for `open`, with vitest. */
export function runBlobContract(name: string, open: OpenBlobStore, options: BlobContractOptions = {}): void {
  describe(name, () => {
    const leftOut = new Set<string>()
    for (const { id, title, run } of blobContract(open, options)) {
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
