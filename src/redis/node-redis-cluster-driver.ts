import { CacheError } from '../errors.ts'
import {
  listenByNodeRedis,
  type NodeRedisConnection,
  type NodeRedisOptions,
  nodeRedisCommandOptions,
  nodeRedisOverrides,
} from './node-redis-driver.ts'
import type { NodeRedisCluster } from './redis-client.ts'
import {
  type ChannelLink,
  clientArguments,
  noLink,
  type RedisDriver,
  reconnectDelayMs,
  type SendCommand,
} from './redis-driver.ts'
import type { RedisArgument } from './redis-port.ts'

interface ClusterNode {
  readonly client?: NodeRedisConnection | undefined
}

/** The part of a node-redis cluster client that the driver uses, of one that it made. */
interface NodeRedisClusterConnection {
  readonly isReady: boolean
  readonly masters: readonly ClusterNode[]
  connect(): Promise<unknown>
  destroy(): void
  on(event: string, listener: (event: unknown) => void): unknown
  nodeClient(node: ClusterNode): Promise<NodeRedisConnection>
  sendCommand(
    key: string | undefined,
    isReadonly: boolean,
    args: readonly (string | Uint8Array)[],
    options: object,
  ): Promise<unknown>
}

/** node-redis with a Redis Cluster. */
export class NodeRedisClusterDriver implements RedisDriver {
  readonly isCluster: boolean = true
  readonly database: number = 0
  lastError: unknown
  readonly #cluster: NodeRedisClusterConnection
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false
  /** Which node hears the next channel: another one each time, as the last may be the reason for a new connection. */
  #turn = 0

  constructor(template: NodeRedisCluster) {
    // Not part of its interface in every version; without them nodes keep the defaults of the client.
    const options: { readonly defaults?: NodeRedisOptions } | undefined = Reflect.get(template, '_options')
    const defaults = { ...options?.defaults, ...nodeRedisOverrides(options?.defaults ?? {}) }
    this.#cluster = template.duplicate({ RESP: 2, clientSideCache: undefined, defaults }) as NodeRedisClusterConnection
    const keep = (error: unknown): void => {
      this.lastError = error
    }
    for (const event of ['error', 'node-error']) this.#cluster.on(event, keep)
  }

  get isReady(): boolean {
    return this.#cluster.isReady
  }

  connect(): Promise<unknown> {
    return this.#connect(1)
  }

  // A cluster client that reached no node does not try again by itself.
  async #connect(attempt: number): Promise<void> {
    try {
      await this.#cluster.connect()
    } catch (error) {
      if (!this.#isClosed) {
        const again = (): void => void this.#connect(attempt + 1).catch(() => {})
        this.#timer = setTimeout(again, reconnectDelayMs(attempt))
      }
      throw error
    }
  }

  send = (args: readonly RedisArgument[], key: string | undefined): Promise<unknown> =>
    this.#cluster.sendCommand(key, false, clientArguments(args), nodeRedisCommandOptions)

  async nodes(): Promise<readonly SendCommand[]> {
    const nodes = await Promise.all(this.#cluster.masters.map(master => this.#cluster.nodeClient(master)))
    return nodes.map(node => args => node.sendCommand(clientArguments(args), nodeRedisCommandOptions))
  }

  listen(channel: string, message: (bytes: Uint8Array) => void, lost: (cause: unknown) => void): ChannelLink {
    const ready = this.#cluster.masters.flatMap(({ client }) => (client?.isReady ? [client] : []))
    const node = ready[this.#turn++ % ready.length]
    if (node !== undefined) return listenByNodeRedis(node, channel, message, lost)
    return noLink(new CacheError('UNAVAILABLE', 'No node of the cluster is connected'))
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    try {
      this.#cluster.destroy()
    } catch {
      // It ended by itself before.
    }
  }
}
