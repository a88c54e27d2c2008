import type { IoRedisClient } from './redis-client.ts'
import { type ChannelLink, clientArguments, type RedisDriver, reconnectDelayMs } from './redis-driver.ts'
import type { RedisArgument } from './redis-port.ts'

const sentinelTimeoutMs = 1000

/** The part of an ioredis client that the drivers use, of clients that they made. */
export interface IoRedisConnection {
  readonly status: string
  readonly options: IoRedisOptions
  readonly stream?: { cork?(): void; uncork?(): void } | undefined
  connect(): Promise<unknown>
  disconnect(): void
  on(event: string, listener: (...event: never[]) => void): unknown
  once(event: string, listener: (event: unknown) => void): unknown
  callBuffer(command: string, ...args: (string | Uint8Array)[]): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  duplicate(override: object): IoRedisConnection
}

interface IoRedisOptions {
  readonly db?: number | undefined
  readonly sentinelCommandTimeout?: number | undefined
}

/** What connections of ours have in common, whatever the options of the client. */
export const ioRedisReplies: object = {
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  commandTimeout: undefined,
  reconnectOnError: null,
  keyPrefix: '',
  enableAutoPipelining: false,
  stringNumbers: false,
  replyMapping: 'legacy',
  monitor: false,
}

/**
 * The options in which connections of ours differ from the client's: no queue for commands that cannot be sent, and
 * none is sent again by a new connection, for what is sent later would put old values over new; plain replies.
 */
export function ioRedisOverrides(retryStrategy: null | ((attempt: number) => number) = reconnectLater): object {
  return { ...ioRedisReplies, lazyConnect: true, enableOfflineQueue: false, retryStrategy }
}

/** When to connect again. */
export const reconnectLater = (attempt: number): number => reconnectDelayMs(attempt)

/** ioredis with one server, or with Sentinels. */
export class IoRedisDriver implements RedisDriver {
  readonly isCluster: boolean = false
  readonly database: number
  lastError: unknown
  readonly #client: IoRedisConnection

  constructor(template: IoRedisClient) {
    // By default a Sentinel that does not answer is waited for, and the next one is never asked.
    const { sentinelCommandTimeout = sentinelTimeoutMs } = template.options as IoRedisOptions
    this.#client = template.duplicate({ ...ioRedisOverrides(), sentinelCommandTimeout }) as IoRedisConnection
    this.database = this.#client.options.db ?? 0
    // Without a listener it is printed; each call and each subscription hears of it by itself.
    this.#client.on('error', (error: unknown) => {
      this.lastError = error
    })
  }

  get isReady(): boolean {
    return this.#client.status === 'ready'
  }

  connect(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#client.once('error', reject)
      this.#client.connect().then(resolve, reject)
    })
  }

  send = (args: readonly RedisArgument[]): Promise<unknown> => callIoRedis(this.#client, args)

  // It writes each command by itself, which would be as many packets.
  together<T>(send: () => T): T {
    const { stream } = this.#client
    stream?.cork?.()
    try {
      return send()
    } finally {
      stream?.uncork?.()
    }
  }

  async nodes(): Promise<readonly [(args: readonly RedisArgument[]) => Promise<unknown>]> {
    return [this.send]
  }

  listen(channel: string, message: (bytes: Uint8Array) => void, lost: (cause: unknown) => void): ChannelLink {
    return listenByIoRedis(this.#client, channel, message, lost)
  }

  close(): void {
    this.#client.disconnect()
  }
}

/** Calls a command of ioredis. */
export function callIoRedis(
  client: Pick<IoRedisConnection, 'callBuffer'>,
  args: readonly RedisArgument[],
): Promise<unknown> {
  const [name, ...rest] = args
  return client.callBuffer(String(name), ...clientArguments(rest))
}

/** Hears `channel` on a new connection to the server of `client`. */
export function listenByIoRedis(
  client: IoRedisConnection,
  channel: string,
  message: (bytes: Uint8Array) => void,
  lost: (cause: unknown) => void,
): ChannelLink {
  const own = client.duplicate(ioRedisOverrides(null))
  let cause: unknown
  own.on('error', (error: unknown) => {
    cause = error
  })
  own.on('end', () => lost(cause))
  own.on('messageBuffer', (_: unknown, bytes: Uint8Array) => message(bytes))
  const ready = own.connect().then(() => own.subscribe(channel))
  return { ready, ping: () => own.callBuffer('PING'), end: () => own.disconnect() }
}
