import { CacheError } from '../errors.ts'
import {
  callIoRedis,
  type IoRedisConnection,
  ioRedisReplies,
  listenByIoRedis,
  reconnectLater,
} from './ioredis-driver.ts'
import type { IoRedisCluster } from './redis-client.ts'
import { type ChannelLink, noLink, type RedisDriver, type SendCommand } from './redis-driver.ts'
import type { RedisArgument } from './redis-port.ts'

/** The part of an ioredis cluster client that the driver uses, of one that it made. */
interface IoRedisClusterConnection extends Pick<IoRedisConnection, 'callBuffer' | 'connect' | 'on' | 'once'> {
  readonly status: string
  nodes(role: 'all' | 'master'): readonly IoRedisConnection[]
  disconnect(): void
}

/** ioredis with a Redis Cluster. It finds the key of a command by itself. */
export class IoRedisClusterDriver implements RedisDriver {
  readonly isCluster: boolean = true
  readonly database: number = 0
  lastError: unknown
  #isWarm = false
  readonly #cluster: IoRedisClusterConnection
  /** Which node hears the next channel: another one each time, as the last may be the reason for a new connection. */
  #turn = 0

  constructor(template: IoRedisCluster) {
    this.#cluster = template.duplicate([], {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: false,
      keyPrefix: '',
      scaleReads: 'master',
      clusterRetryStrategy: reconnectLater,
      // A command whose connection was lost is not sent again: it may have been done.
      retryDelayOnFailover: 0,
      redisOptions: ioRedisReplies,
    }) as IoRedisClusterConnection
    this.#cluster.on('+node', (node: IoRedisConnection) => {
      if (this.#isWarm) void connected(node)
    })
    this.#cluster.on('error', (error: unknown) => {
      this.lastError = error
    })
  }

  get isReady(): boolean {
    return this.#isWarm && this.#cluster.status === 'ready'
  }

  connect(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#cluster.once('error', reject)
      // Not what connect() promises: that stays open where the client finds itself to have to try again.
      this.#cluster.on('ready', () => void this.#warm().then(resolve))
      this.#cluster.on('close', () => {
        this.#isWarm = false
      })
      this.#cluster.connect().catch(reject)
    })
  }

  // It connects to a node when the first command comes, and refuses the others until that is done.
  async #warm(): Promise<void> {
    await Promise.all(this.#cluster.nodes('master').map(connected))
    this.#isWarm = true
  }

  send = (args: readonly RedisArgument[]): Promise<unknown> => callIoRedis(this.#cluster, args)

  async nodes(): Promise<readonly SendCommand[]> {
    return this.#cluster.nodes('master').map(node => args => callIoRedis(node, args))
  }

  listen(channel: string, message: (bytes: Uint8Array) => void, lost: (cause: unknown) => void): ChannelLink {
    const ready = this.#cluster.nodes('all').filter(({ status }) => status === 'ready')
    const node = ready[this.#turn++ % ready.length]
    if (node !== undefined) return listenByIoRedis(node, channel, message, lost)
    return noLink(new CacheError('UNAVAILABLE', 'No node of the cluster is connected'))
  }

  close(): void {
    this.#cluster.disconnect()
  }
}

/** Resolves when the node is connected, or cannot be. */
function connected(node: IoRedisConnection): Promise<unknown> {
  if (node.status === 'ready' || node.status === 'end') return Promise.resolve()
  if (node.status === 'wait') return node.connect().catch(() => undefined)
  return new Promise(resolve => {
    for (const event of ['ready', 'end']) node.once(event, resolve)
  })
}
