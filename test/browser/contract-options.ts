import type { BlobContractOptions, StoreContractOptions } from '../../src/contract/index.ts'

/** What page and test both build the cases with, so that they are the same. */
export const storeOptions: StoreContractOptions = {}
export const blobOptions: BlobContractOptions = { maxBodyBytes: 1_000_000 }
/** Samples per property. */
export const propertyRuns = 15
