/**
 * A client of node-redis 5 or 6, as `createClient` makes it. Only its options are used: see {@link RedisClient}.
 */
export interface NodeRedisClient {
  readonly isOpen: boolean
  readonly options: object
  duplicate(overrides?: object): object
}

/** A client of node-redis 5 or 6 for Redis Cluster, as `createCluster` makes it. */
export interface NodeRedisCluster {
  readonly isOpen: boolean
  readonly masters: readonly object[]
  duplicate(overrides?: object): object
}

/** A client of node-redis 6 by Sentinels, as `createSentinel` makes it. Version 5 makes none that can be duplicated. */
export interface NodeRedisSentinel {
  readonly isOpen: boolean
  getSentinelNode(): object | undefined
  duplicate(overrides?: object): object
}

/** A client of ioredis 5 or 6, as `new Redis` makes it; with Sentinel too. */
export interface IoRedisClient {
  readonly status: string
  readonly options: object
  callBuffer(command: string, ...args: string[]): object
  duplicate(override?: object): object
}

/** A client of ioredis 5 or 6 for Redis Cluster, as `new Cluster` makes it. */
export interface IoRedisCluster {
  readonly status: string
  readonly isCluster: boolean
  callBuffer(command: string, ...args: string[]): object
  duplicate(overrideStartupNodes?: never[], overrideOptions?: object): object
}

/**
 * A Redis client that says how to reach Redis. It is asked for duplicates, which have its address, credentials, TLS,
 * Sentinels and database; it is itself neither connected nor closed nor listened to, and may be unconnected.
 */
export type RedisClient = NodeRedisClient | NodeRedisCluster | NodeRedisSentinel | IoRedisClient | IoRedisCluster
