import { endOfNodeRedis } from './node-redis-end.ts'
import type { NodeRedisClient } from './redis-client.ts'
import { bufferClass, type ChannelLink, clientArguments, type RedisDriver, reconnectDelayMs } from './redis-driver.ts'
import type { RedisArgument } from './redis-port.ts'

/** The part of a node-redis client that the drivers use, of clients that they made. */
export interface NodeRedisConnection {
  readonly isReady: boolean
  readonly options: NodeRedisOptions
  connect(): Promise<unknown>
  destroy(): void
  on(event: string, listener: (event: unknown) => void): unknown
  once(event: string, listener: (event: unknown) => void): unknown
  sendCommand(args: readonly (string | Uint8Array)[], options: object): Promise<unknown>
  subscribe(channel: string, listener: (message: Uint8Array) => void, bufferMode: true): Promise<unknown>
  duplicate(overrides: object): NodeRedisConnection
}

/** The options of a node-redis client that the drivers look at. */
export interface NodeRedisOptions {
  readonly database?: number | undefined
  readonly socket?: object | undefined
}

// Types of replies that are bytes by their first character: bulk, simple and verbatim strings.
const typeMapping = { 36: bufferClass, 43: bufferClass, 61: bufferClass }

/** The options of each command: bytes out, and no timer for each of them; deadlines are the port's. */
export const nodeRedisCommandOptions: object = { typeMapping, timeout: undefined }

/**
 * The options in which connections of ours differ from `options`: no queue for commands that cannot be sent, for what
 * is sent later would put old values over new; and plain replies.
 */
export function nodeRedisOverrides(
  options: NodeRedisOptions,
  reconnectStrategy: false | ((retries: number) => number) = retries => reconnectDelayMs(retries + 1),
): object {
  return {
    RESP: 2,
    disableOfflineQueue: true,
    clientSideCache: undefined,
    emitInvalidate: false,
    maintNotifications: 'disabled',
    commandOptions: {},
    socket: { ...options.socket, reconnectStrategy },
  }
}

/** node-redis with one server. */
export class NodeRedisDriver implements RedisDriver {
  readonly isCluster: boolean = false
  readonly database: number
  lastError: unknown
  readonly #client: NodeRedisConnection
  readonly #end: () => void

  constructor(template: NodeRedisClient) {
    const { database } = template.options as NodeRedisOptions
    this.database = database ?? 0
    this.#client = template.duplicate(nodeRedisOverrides(template.options)) as NodeRedisConnection
    this.#end = endOfNodeRedis(this.#client)
    // Without a listener it would be thrown; each call and each subscription hears of it by itself.
    this.#client.on('error', (error: unknown) => {
      this.lastError = error
    })
  }

  get isReady(): boolean {
    return this.#client.isReady
  }

  connect(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#client.once('ready', resolve)
      this.#client.once('error', reject)
      this.#client.connect().catch(reject)
    })
  }

  send = (args: readonly RedisArgument[]): Promise<unknown> =>
    this.#client.sendCommand(clientArguments(args), nodeRedisCommandOptions)

  async nodes(): Promise<readonly [(args: readonly RedisArgument[]) => Promise<unknown>]> {
    return [this.send]
  }

  listen(channel: string, message: (bytes: Uint8Array) => void, lost: (cause: unknown) => void): ChannelLink {
    return listenByNodeRedis(this.#client, channel, message, lost)
  }

  close(): void {
    this.#end()
  }
}

/** Hears `channel` on a new connection to the server of `client`. */
export function listenByNodeRedis(
  client: NodeRedisConnection,
  channel: string,
  message: (bytes: Uint8Array) => void,
  lost: (cause: unknown) => void,
): ChannelLink {
  const own = client.duplicate(nodeRedisOverrides(client.options, false))
  const end = endOfNodeRedis(own)
  own.on('error', lost)
  own.on('end', lost)
  const ready = own.connect().then(() => own.subscribe(channel, message, true))
  return { ready, ping: () => own.sendCommand(['PING'], nodeRedisCommandOptions), end }
}
