export type { BlobCase, BlobHandle, OpenBlobStore } from './blob-case.ts'
export { type BlobContractOptions, blobContract } from './blob-contract.ts'
export { type BlobRule, blobRules } from './blob-rules.ts'
export { type CrashCase, crashCases } from './crash-cases.ts'
export { type CrashRule, crashRules } from './crash-rules.ts'
export { entryCacheContract } from './group/entry-cache-contract.ts'
export { type EntryCacheRule, entryCacheRules } from './group/entry-cache-rules.ts'
export type { PartCase, PartOptions } from './group/part-case.ts'
export {
  type RingHashContractOptions,
  type RingHashRule,
  ringHashContract,
  ringHashRules,
} from './group/ring-hash-contract.ts'
export type { OpenTransport, TransportHandle } from './group/transport-case.ts'
export { type TransportContractOptions, transportContract } from './group/transport-contract.ts'
export { type TransportRule, transportRules } from './group/transport-rules.ts'
export {
  type ValueCodecContractOptions,
  type ValueCodecRule,
  valueCodecContract,
  valueCodecRules,
} from './group/value-codec-contract.ts'
export type { OpenRedisPort, RedisPortHandle } from './redis/redis-port-case.ts'
export { type RedisPortContractOptions, redisPortContract } from './redis/redis-port-contract.ts'
export { type RedisPortRule, redisPortRules } from './redis/redis-port-rules.ts'
export type { CaseContext } from './rule-cases.ts'
export { type StoreRule, storeRules } from './rules.ts'
export type { OpenStore, StoreCase, StoreHandle } from './store-case.ts'
export { type StoreContractOptions, storeContract } from './store-contract.ts'
export {
  type FastCheck,
  type StoreProperty,
  type StorePropertyOptions,
  storeProperties,
} from './store-properties.ts'
export { type LocalCacheRule, localCacheContract, localCacheRules } from './synced/local-cache-contract.ts'
