import { checkOptionNames } from '../../core/check.ts'
import type { Group } from '../group.ts'
import { GroupCache } from '../group-cache.ts'
import type { GroupCacheOptions, Ring, SetPeersOptions } from '../group-cache-options.ts'
import type { GroupOptions } from '../group-options.ts'
import type { GroupStats } from '../group-stats.ts'
import type { PeerService } from '../peer-service.ts'
import { ringPresets } from '../ring-presets.ts'
import type { Transport } from '../transport.ts'
import { GroupServer, type GroupServerOptions, groupServerOptionNames } from './group-server.ts'
import { type NodeTransportOptions, nodeTransport } from './node-transport.ts'

/** How the other nodes are called, beside what both directions share. */
export type GroupNodeClientOptions = Pick<
  NodeTransportOptions,
  'timeoutMs' | 'maxAnswerBytes' | 'maxConnections' | 'maxCalls' | 'idleTimeoutMs'
>

/**
 * Options of {@link GroupNode.listen}: those of a `GroupCache`, and of its server. `tls`, `secret`, `basePath`, `escaping` and
 * `link` are for both directions.
 */
export interface GroupNodeOptions extends Omit<GroupCacheOptions, 'transport'>, Omit<GroupServerOptions, 'clock'> {
  /** `timeoutMs` is only the last resort here (60,000): each group has its `peerTimeoutMs`. */
  readonly client?: GroupNodeClientOptions | undefined
  /** Puts something around the calls to the other nodes: `tracedTransport` for example. @default nothing */
  readonly wrapTransport?: ((transport: Transport) => Transport) | undefined
}

const cacheOptionNames = ['self', 'store', 'ring', 'replicas', 'breaker', 'clock', 'random', 'onError'] as const
const clientOptionNames = ['timeoutMs', 'maxAnswerBytes', 'maxConnections', 'maxCalls', 'idleTimeoutMs'] as const
// Both have a clock.
const optionNames = [...new Set([...cacheOptionNames, ...groupServerOptionNames, 'client', 'wrapTransport'])]
const lastResortMs = 60_000

/**
 * A `GroupCache` with its server and its way to the others. Without `secret` or `tls.mutual`, everybody who reaches the
 * port can read and change every value.
 */
export class GroupNode {
  /** Where it listens, as `host:port`. What the other nodes call it is `self`, which `setPeers` is told. */
  readonly address: string
  readonly #cache: GroupCache
  readonly #server: GroupServer
  #closed: Promise<void> | undefined

  private constructor(cache: GroupCache, server: GroupServer) {
    this.#cache = cache
    this.#server = server
    this.address = server.address
  }

  /**
   * Listens on `host:port`; port 0 lets the system choose, an empty host is every interface. Rejects with
   * `LISTEN_FAILED`; bad options throw a TypeError or RangeError.
   */
  static async listen(address: string, options: GroupNodeOptions = {}): Promise<GroupNode> {
    checkOptionNames(options, optionNames)
    const { client = {}, wrapTransport = transport => transport, ...given } = options
    const rest = { escaping: escapingOf(given), ...given }
    checkOptionNames(client, clientOptionNames)
    const shared = pick(rest, ['tls', 'secret', 'basePath', 'escaping', 'link', 'clock'])
    const transport = nodeTransport({ timeoutMs: lastResortMs, ...shared, ...client })
    const cache = new GroupCache({ ...pick(rest, cacheOptionNames), transport: wrapTransport(transport) })
    try {
      return new GroupNode(cache, await GroupServer.listen(address, cache, pick(rest, groupServerOptionNames)))
    } catch (error) {
      await cache.close()
      throw error
    }
  }

  /** See `GroupCache.self`. */
  get self(): string | undefined {
    return this.#cache.self
  }

  /** See `GroupCache.peers`. */
  get peers(): readonly string[] {
    return this.#cache.peers
  }

  /** See `GroupCache.ring`. */
  get ring(): Ring | undefined {
    return this.#cache.ring
  }

  /** Answers what peers ask: to mount it elsewhere too. */
  get service(): PeerService {
    return this.#cache.service
  }

  /** See `GroupCache.ownerOf`. */
  ownerOf(key: string | Uint8Array): string | undefined {
    return this.#cache.ownerOf(key)
  }

  /** See `GroupCache.setPeers`. */
  setPeers(peers: Iterable<string>, options?: SetPeersOptions): void {
    this.#cache.setPeers(peers, options)
  }

  /** See `GroupCache.followPeers`. */
  followPeers(
    source: AsyncIterable<readonly string[]>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    return this.#cache.followPeers(source, options)
  }

  /** See `GroupCache.group`. */
  group<T = Uint8Array>(name: string, options: GroupOptions<T>): Group<T> {
    return this.#cache.group(name, options)
  }

  /** See `GroupCache.getGroup`. */
  getGroup(name: string): Group<unknown> | undefined {
    return this.#cache.getGroup(name)
  }

  /** See `GroupCache.removeGroup`. */
  removeGroup(name: string): Promise<void> {
    return this.#cache.removeGroup(name)
  }

  /** See `GroupCache.stats`. */
  stats(): Readonly<Record<string, GroupStats>> {
    return this.#cache.stats()
  }

  /**
   * Answers what peers have asked already, at most for `limits.closeTimeoutMs`, then ends as `GroupCache.close` does. All
   * sockets are closed then. Closing twice succeeds.
   */
  close(): Promise<void> {
    this.#closed ??= this.#server.close().then(() => this.#cache.close())
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

// A fleet of the original groupcache escapes keys in its own way.
function escapingOf({ ring }: GroupNodeOptions): 'path' | 'query' {
  return (typeof ring === 'string' ? ringPresets[ring]?.escaping : undefined) ?? 'path'
}

function pick<T extends object, const K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name as K))) as Pick<T, K>
}
