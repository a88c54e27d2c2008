import { withDeadline } from '../core/deadline.ts'
import { CacheError } from '../errors.ts'
import {
  listenByNodeRedis,
  type NodeRedisConnection,
  type NodeRedisOptions,
  nodeRedisCommandOptions,
  nodeRedisOverrides,
} from './node-redis-driver.ts'
import { endOfNodeRedis } from './node-redis-end.ts'
import type { NodeRedisSentinel } from './redis-client.ts'
import { type ChannelLink, clientArguments, noLink, type RedisDriver, reconnectDelayMs } from './redis-driver.ts'
import type { RedisArgument } from './redis-port.ts'
import { isRefusal } from './reply-of.ts'

// A Sentinel or a master that takes connections but does not answer must not be waited for.
const silenceMs = 1000
const connectTimeoutMs = 5000

interface SentinelOptions {
  readonly sentinelRootNodes?: readonly object[] | undefined
  readonly nodeClientOptions?: NodeRedisOptions | undefined
  readonly sentinelClientOptions?: NodeRedisOptions | undefined
}

/** The part of a node-redis Sentinel client that the driver uses, of those that it made. */
interface NodeRedisSentinelConnection {
  connect(): Promise<unknown>
  destroy(): Promise<unknown>
  on(event: 'error', listener: (error: unknown) => void): unknown
  /** Gives `act` the client that is connected to the master. */
  _execute<T>(isReadonly: false, act: (client: NodeRedisConnection) => Promise<T>): Promise<T>
}

/**
 * node-redis 6 by Sentinels, which are asked anew for each connection. What `createSentinel` makes is used for that alone: it
 * keeps commands while there is no master, and sends those again whose answer was lost.
 */
export class NodeRedisSentinelDriver implements RedisDriver {
  readonly isCluster: boolean = false
  readonly database: number
  lastError: unknown
  readonly #template: NodeRedisSentinel
  readonly #options: SentinelOptions
  /** To the master, connected or about to be. */
  #client: NodeRedisConnection | undefined
  #end: () => void = () => {}
  #attempts = 0
  /** Index of the Sentinel that knew the master the last time. */
  #lastGood = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(template: NodeRedisSentinel) {
    this.#template = template
    this.#options = optionsOf(template)
    this.database = this.#options.nodeClientOptions?.database ?? 0
  }

  get isReady(): boolean {
    return this.#client?.isReady ?? false
  }

  async connect(): Promise<void> {
    let isLost = false
    const lost = (cause: unknown): void => {
      this.lastError = cause ?? this.lastError
      if (isLost) return
      isLost = true
      this.#end()
      this.#client = undefined
      this.#connectAgain()
    }
    try {
      const client = await this.#askForMaster()
      if (this.#isClosed) return
      this.#client = client
      this.#end = endOfNodeRedis(client)
      for (const event of ['error', 'end']) client.on(event, lost)
      await withDeadline('The connection to the master', connectTimeoutMs, undefined, () => client.connect())
      this.#attempts = 0
    } catch (error) {
      lost(error)
      throw error
    }
  }

  send = (args: readonly RedisArgument[]): Promise<unknown> =>
    this.#client?.sendCommand(clientArguments(args), nodeRedisCommandOptions) ?? Promise.reject(noMaster())

  async nodes(): Promise<readonly [(args: readonly RedisArgument[]) => Promise<unknown>]> {
    return [this.send]
  }

  listen(channel: string, message: (bytes: Uint8Array) => void, lost: (cause: unknown) => void): ChannelLink {
    if (this.#client === undefined) return noLink(noMaster())
    return listenByNodeRedis(this.#client, channel, message, lost)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#end()
  }

  #connectAgain(): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => void this.connect().catch(() => {}), reconnectDelayMs(++this.#attempts))
  }

  /**
   * A client for the master that a Sentinel names now, not connected. Asks one Sentinel after the other, for node-redis stays
   * with the first that answers, whatever it says.
   */
  async #askForMaster(): Promise<NodeRedisConnection> {
    const nodes = this.#options.sentinelRootNodes ?? []
    let failure: unknown = noMaster()
    for (let i = 0; i < nodes.length && !this.#isClosed; i++) {
      const at = (this.#lastGood + i) % nodes.length
      try {
        const client = await this.#ask(nodes[at]!)
        this.#lastGood = at
        return client
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  async #ask(node: object): Promise<NodeRedisConnection> {
    const { nodeClientOptions, sentinelClientOptions } = this.#options
    const briefly = (options: NodeRedisOptions | undefined): object => {
      const socket = { ...options?.socket, socketTimeout: silenceMs, connectTimeout: silenceMs }
      return { ...options, ...nodeRedisOverrides({ socket }, false) }
    }
    const sentinel = this.#template.duplicate({
      maxCommandRediscovers: 0,
      masterPoolSize: 1,
      replicaPoolSize: 0,
      reserveClient: false,
      scanInterval: 0,
      clientSideCache: undefined,
      sentinelRootNodes: [node],
      nodeClientOptions: briefly(nodeClientOptions),
      sentinelClientOptions: briefly(sentinelClientOptions),
    }) as NodeRedisSentinelConnection
    let told: unknown
    sentinel.on('error', error => {
      if (error instanceof Error) told = error
    })
    try {
      await sentinel.connect()
      const { socketTimeout, connectTimeout }: TimeLimits = { ...nodeClientOptions?.socket }
      return await sentinel._execute(false, async client => {
        if (!(await isMaster(client))) throw noMaster()
        const socket = { ...client.options.socket, socketTimeout, connectTimeout }
        return client.duplicate(nodeRedisOverrides({ socket }, false))
      })
    } catch (error) {
      // What it rejects with says only that there was no Sentinel.
      throw told ?? error
    } finally {
      sentinel.destroy().catch(() => {})
    }
  }
}

interface TimeLimits {
  readonly socketTimeout?: number
  readonly connectTimeout?: number
}

// A Sentinel that missed a failover names what is a replica now. HELLO tells the role to users who may not ask ROLE.
async function isMaster(client: NodeRedisConnection): Promise<boolean> {
  const hello = await client.sendCommand(['HELLO'], {}).catch((error: unknown) => {
    // Before Redis 6 there is none.
    if (!isRefusal(error)) throw error
  })
  return !Array.isArray(hello) || hello[hello.indexOf('role') + 1] === 'master'
}

/** What `sentinel` was made with. It does not show it, but what it makes duplicates by is given it. */
function optionsOf(sentinel: NodeRedisSentinel): SentinelOptions {
  let options: SentinelOptions = {}
  class Recorder {
    constructor(given: SentinelOptions) {
      options = given
    }
  }
  const prototype = Object.create(sentinel, { constructor: { value: Recorder } })
  sentinel.duplicate.call(Object.create(prototype))
  return options
}

function noMaster(): CacheError {
  return new CacheError('UNAVAILABLE', 'There is no connection to a master')
}
