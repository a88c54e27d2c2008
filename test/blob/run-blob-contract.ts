import { type BlobContractOptions, blobContract, type OpenBlobStore } from '../../src/contract/index.ts'
import { runCases } from '../contract/run-cases.ts'
import { runs } from '../snapshot/runs.ts'

// Several times what any store reads, writes or keeps in one piece; COLDSNAP_RUNS=3 for the size of the contract itself.
const maxBodyBytes = runs(3_000_000)

/** Registers all cases for `open`, with vitest. */
export function runBlobContract(name: string, open: OpenBlobStore, options: BlobContractOptions = {}): void {
  runCases(name, blobContract(open, { maxBodyBytes, ...options }))
}
