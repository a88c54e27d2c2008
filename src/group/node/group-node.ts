import { checkOptionNames } from '../../core/check.ts'
import type { Group } from '../group.ts'
import { GroupCache } from '../group-cache.ts'
import type { GroupCacheOptions, SetPeersOptions } from '../group-cache-options.ts'
import type { GroupOptions } from '../group-options.ts'
import type { GroupStats } from '../group-stats.ts'
import { ringPresets } from '../ring-presets.ts'
import type { Transport } from '../transport.ts'
import { GroupServer, type GroupServerOptions } from './group-server.ts'
import { type NodeTransportOptions, nodeTransport } from './node-transport.ts'

/** The limits of the client side of a {@link GroupNode}. */
type ClientOptions = Pick<
  NodeTransportOptions,
  'timeoutMs' | 'maxAnswerBytes' | 'maxConnections' | 'maxCalls' | 'idleTimeoutMs'
>

/**
 * Options of {@link GroupNode.listen}: those of the cache, of the server, and of the client, which share `secret`, `tls`,
 * `basePath`, `escaping` and `link`. With a `transport` of one's own the client's have no effect and are refused.
 */
export interface GroupNodeOptions extends GroupCacheOptions, GroupServerOptions, ClientOptions {}

const cacheNames = ['self', 'store', 'ring', 'replicas', 'breaker', 'clock', 'random', 'onError'] as const
const serverNames = ['maxBodyBytes', 'maxConcurrentRequests', 'replayWindowMs', 'limits', 'clock'] as const
const clientNames = ['timeoutMs', 'maxAnswerBytes', 'maxConnections', 'maxCalls', 'idleTimeoutMs', 'clock'] as const
const sharedNames = ['secret', 'tls', 'basePath', 'escaping', 'link'] as const

/** A node of a fleet: a {@link GroupCache}, its server, and its clients for the other nodes. */
export class GroupNode {
  /** The cache, for what is not here. */
  readonly cache: GroupCache
  readonly #server: GroupServer
  /** What `close` ends; a transport of the caller's own stays open. */
  readonly #transport: Transport | undefined
  #closing: Promise<void> | undefined

  private constructor(cache: GroupCache, server: GroupServer, transport: Transport | undefined) {
    this.cache = cache
    this.#server = server
    this.#transport = transport
  }

  /**
   * Listens on `host:port`; port 0 lets the system choose, an empty host is every interface. `LISTEN_FAILED` where that
   * is not possible: nothing is left open then. As long as there are no peers, all keys are this node's.
   */
  static async listen(address: string, options: GroupNodeOptions = {}): Promise<GroupNode> {
    checkOptionNames(options, ['transport', ...cacheNames, ...serverNames, ...clientNames, ...sharedNames])
    const { transport, ring } = options
    const escaping = typeof ring === 'string' ? ringPresets[ring]?.escaping : undefined
    const shared = { ...(escaping !== undefined && { escaping }), ...pick(options, sharedNames) }
    if (transport !== undefined) checkNoneOf(options, clientNames.slice(0, -1))
    const own = transport === undefined ? nodeTransport({ ...shared, ...pick(options, clientNames) }) : undefined
    const cache = new GroupCache({ transport: transport ?? own, ...pick(options, cacheNames) })
    try {
      const server = await GroupServer.listen(address, cache, { ...shared, ...pick(options, serverNames) })
      return new GroupNode(cache, server, own)
    } catch (error) {
      await cache.close()
      await own?.close?.()
      throw error
    }
  }

  /** Where this node listens, as `host:port`. */
  get address(): string {
    return this.#server.address
  }

  /** See {@link GroupCache.peers}. */
  get peers(): readonly string[] {
    return this.cache.peers
  }

  /** See {@link GroupCache.ownerOf}. */
  ownerOf(key: string | Uint8Array): string | undefined {
    return this.cache.ownerOf(key)
  }

  /** See {@link GroupCache.setPeers}. */
  setPeers(peers: Iterable<string>, options?: SetPeersOptions): void {
    this.cache.setPeers(peers, options)
  }

  /** See {@link GroupCache.followPeers}. */
  async followPeers(
    source: AsyncIterable<readonly string[]>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    await this.cache.followPeers(source, options)
  }

  /** See {@link GroupCache.group}. */
  group<T = Uint8Array>(name: string, options: GroupOptions<T>): Group<T> {
    return this.cache.group(name, options)
  }

  /** See {@link GroupCache.getGroup}. */
  getGroup(name: string): Group<unknown> | undefined {
    return this.cache.getGroup(name)
  }

  /** See {@link GroupCache.removeGroup}. */
  async removeGroup(name: string): Promise<void> {
    await this.cache.removeGroup(name)
  }

  /** See {@link GroupCache.stats}. */
  stats(): Readonly<Record<string, GroupStats>> {
    return this.cache.stats()
  }

  /**
   * Finishes writes under way, stores what was loaded, and closes all connections. Peers whose questions are under way
   * load for themselves. The store stays open, being yours. Closing twice succeeds.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    try {
      // The server goes on meanwhile, and tells peers what the cache rejects: they need not wait for a deadline.
      await this.cache.close()
    } finally {
      await this.#server.close()
      await this.#transport?.close?.()
    }
  }
}

function pick<T extends object, K extends keyof T>(options: T, names: readonly K[]): Pick<T, K> {
  const picked: Partial<T> = {}
  for (const name of names) if (options[name] !== undefined) picked[name] = options[name]
  return picked as Pick<T, K>
}

function checkNoneOf(options: GroupNodeOptions, names: readonly (keyof GroupNodeOptions)[]): void {
  const found = names.find(name => options[name] !== undefined)
  if (found !== undefined) throw new TypeError(`Option ${found} has no effect with a transport of your own`)
}
