import { CacheError } from '../errors.ts'
import { GuardedRedis } from '../redis/guarded-redis.ts'
import { isRedisPort, redisPort } from '../redis/port-of-client.ts'
import type { RedisClient } from '../redis/redis-client.ts'
import type { RedisPort } from '../redis/redis-port.ts'
import { GoLevel } from './go/go-level.ts'
import { NativeLevel } from './native/native-level.ts'
import type {
  RemoteFill,
  RemoteLease,
  RemoteLevel,
  RemoteOptions,
  RemoteRead,
  RemoteSink,
  RemoteValue,
  SyncedEntry,
} from './remote-level.ts'
import type { SyncedSettings } from './synced-settings.ts'

const clusterPartitions = 16

/** The mode that the settings ask for, over a guarded port of its own; made when it is opened, as only then the number of the database is known. */
export class RedisLevel implements RemoteLevel {
  readonly #port: GuardedRedis
  readonly #ownPort: RedisPort | undefined
  readonly #settings: SyncedSettings
  readonly #sink: RemoteSink
  #level: RemoteLevel | undefined

  constructor(redis: object, settings: SyncedSettings, sink: RemoteSink) {
    const given = redis as RedisClient | RedisPort
    const port = isRedisPort(given) ? given : redisPort(given)
    this.#ownPort = port === given ? undefined : port
    const { timeoutMs, breaker, maxPending, clock } = settings
    this.#port = new GuardedRedis(port, { timeoutMs, breaker, maxPending, clock })
    this.#settings = settings
    this.#sink = sink
  }

  get status(): RemoteLevel['status'] {
    return this.#level?.status ?? 'down'
  }

  async open(options?: RemoteOptions): Promise<void> {
    this.#level = this.#make(await this.#port.database())
    await this.#level.open(options)
  }

  async read(keys: readonly string[], options?: RemoteOptions): Promise<readonly RemoteRead[]> {
    return await this.#opened().read(keys, options)
  }

  async write(
    values: readonly (readonly [key: string, value: RemoteValue])[],
    options?: RemoteOptions,
  ): Promise<readonly (SyncedEntry | undefined)[]> {
    return await this.#opened().write(values, options)
  }

  async fill(key: string, fill: RemoteFill, options?: RemoteOptions): Promise<SyncedEntry | undefined> {
    return await this.#opened().fill(key, fill, options)
  }

  async delete(key: string, options?: RemoteOptions): Promise<number> {
    return await this.#opened().delete(key, options)
  }

  async invalidate(key: string, options?: RemoteOptions): Promise<number> {
    return await this.#opened().invalidate(key, options)
  }

  async deleteByTag(tag: string, options?: RemoteOptions): Promise<void> {
    await this.#opened().deleteByTag(tag, options)
  }

  async clear(options?: RemoteOptions): Promise<void> {
    await this.#opened().clear(options)
  }

  async sweep(options?: RemoteOptions): Promise<number> {
    return await this.#opened().sweep(options)
  }

  async acquire(key: string, leaseMs: number, options?: RemoteOptions): Promise<RemoteLease | undefined> {
    return await this.#opened().acquire(key, leaseMs, options)
  }

  async renew(lease: RemoteLease, leaseMs: number, options?: RemoteOptions): Promise<boolean> {
    return await this.#opened().renew(lease, leaseMs, options)
  }

  async release(lease: RemoteLease, options?: RemoteOptions): Promise<void> {
    await this.#opened().release(lease, options)
  }

  async close(): Promise<void> {
    await this.#level?.close()
    await this.#ownPort?.close()
  }

  #opened(): RemoteLevel {
    if (this.#level === undefined) throw new CacheError('UNAVAILABLE', 'There is no connection to Redis yet')
    return this.#level
  }

  #make(db: number): RemoteLevel {
    const settings = this.#settings
    if (settings.compat === 'go') return new GoLevel(this.#port, { ...settings, clearWithoutPrefix: false }, this.#sink)
    const partitions = settings.partitions ?? (this.#port.isCluster ? clusterPartitions : 1)
    return new NativeLevel(this.#port, { ...settings, partitions, db }, this.#sink)
  }
}
