export { CacheError, type CacheErrorOptions, type ErrorCode, errorCodes, isCacheError } from './errors.ts'
export { MemoryStore } from './store/memory-store.ts'
export { PrefixStore } from './store/prefix-store.ts'
export { maxKeyBytes, type Store, type StoreOperation, type StoreOptions } from './store/store.ts'
