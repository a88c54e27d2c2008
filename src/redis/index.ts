export type { CallSignal } from '../core/call-signal.ts'
export { GuardedRedis, type GuardedRedisOptions } from './guarded-redis.ts'
export { redisPort } from './port-of-client.ts'
export type {
  IoRedisClient,
  IoRedisCluster,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisSentinel,
  RedisClient,
} from './redis-client.ts'
export type {
  RedisArgument,
  RedisCallOptions,
  RedisCommand,
  RedisListener,
  RedisNode,
  RedisPort,
  RedisReply,
  RedisSubscription,
} from './redis-port.ts'
export { RedisScript } from './redis-script.ts'
export { RedisStore, type RedisStoreOptions } from './redis-store.ts'
