export type { BlobCase, BlobHandle, OpenBlobStore } from './blob-case.ts'
export { type BlobContractOptions, blobContract } from './blob-contract.ts'
export { type BlobRule, blobRules } from './blob-rules.ts'
export { type CrashCase, crashCases } from './crash-cases.ts'
export { type CrashRule, crashRules } from './crash-rules.ts'
export { type StoreRule, storeRules } from './rules.ts'
export type { CaseContext, OpenStore, StoreCase, StoreHandle } from './store-case.ts'
export { type StoreContractOptions, storeContract } from './store-contract.ts'
export {
  type FastCheck,
  type StoreProperty,
  type StorePropertyOptions,
  storeProperties,
} from './store-properties.ts'
