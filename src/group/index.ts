export { Group, type GroupCallOptions, type GroupSetOptions } from './group.ts'
export { GroupCache } from './group-cache.ts'
export type { GroupCacheOptions, Ring, RingFactory, SetPeersOptions } from './group-cache-options.ts'
export { HashRing, type RingOptions } from './ring.ts'
