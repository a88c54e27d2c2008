import type { Group } from './group.ts'
import type { GroupCacheOptions, Ring, SetPeersOptions } from './group-cache-options.ts'
import type { GroupOptions } from './group-options.ts'
import type { GroupStats } from './group-stats.ts'
import type { PeerService } from './peer-service.ts'

/** Signatures first; the meaning follows. */
export declare class GroupCache {
  constructor(options?: GroupCacheOptions)
  /** Answers what peers ask; servers and in-memory transports call it. */
  readonly service: PeerService
  /** This node's name among the peers; `undefined` before one was said. */
  readonly self: string | undefined
  readonly peers: readonly string[]
  /** `undefined` until `setPeers` was called. */
  readonly ring: Ring | undefined
  setPeers(peers: Iterable<string>, options?: SetPeersOptions): void
  followPeers(source: AsyncIterable<readonly string[]>, options?: { readonly signal?: AbortSignal }): Promise<void>
  ownerOf(key: string | Uint8Array): string | undefined
  group<T = Uint8Array>(name: string, options: GroupOptions<T>): Group<T>
  getGroup(name: string): Group<unknown> | undefined
  removeGroup(name: string): Promise<void>
  stats(): Readonly<Record<string, GroupStats>>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
