import { ClientPort } from './client-port.ts'
import { IoRedisClusterDriver } from './ioredis-cluster-driver.ts'
import { IoRedisDriver } from './ioredis-driver.ts'
import { NodeRedisClusterDriver } from './node-redis-cluster-driver.ts'
import { NodeRedisDriver } from './node-redis-driver.ts'
import { NodeRedisSentinelDriver } from './node-redis-sentinel-driver.ts'
import type {
  IoRedisClient,
  IoRedisCluster,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisSentinel,
  RedisClient,
} from './redis-client.ts'
import type { RedisDriver } from './redis-driver.ts'
import type { RedisPort } from './redis-port.ts'

/**
 * A {@link RedisPort} to where `client` points: node-redis 5 or 6, ioredis 5 or 6, each with one server, Sentinels or a cluster, told
 * apart by their shape. The port makes connections of its own from the client's options, the first when it is first
 * used, and `close` ends them: commands of others cannot delay, prefix or reorder its own, nothing waits in a
 * queue while Redis is away, and nothing is sent a second time. The client itself is left as it is.
 */
export function redisPort(client: RedisClient): RedisPort {
  return new ClientPort(() => driverOf(client))
}

/** Whether `value` is a port already. */
export function isRedisPort(value: object): value is RedisPort {
  return has(value, 'pipeline') && has(value, 'nodes') && typeof Reflect.get(value, 'database') === 'number'
}

function driverOf(client: RedisClient): RedisDriver {
  if (typeof client !== 'object' || client === null || !has(client, 'duplicate')) throw notAClient()
  if (has(client, 'callBuffer')) {
    return Reflect.get(client, 'isCluster') === true
      ? new IoRedisClusterDriver(client as IoRedisCluster)
      : new IoRedisDriver(client as IoRedisClient)
  }
  if (has(client, 'nodeClient')) return new NodeRedisClusterDriver(client as NodeRedisCluster)
  if (has(client, 'getSentinelNode')) return new NodeRedisSentinelDriver(client as NodeRedisSentinel)
  if (has(client, 'sendCommand') && typeof Reflect.get(client, 'options') === 'object') {
    return new NodeRedisDriver(client as NodeRedisClient)
  }
  throw notAClient()
}

function has(value: object, name: string): boolean {
  return typeof Reflect.get(value, name) === 'function'
}

function notAClient(): TypeError {
  return new TypeError(
    'Client must be a client or cluster of node-redis 5 or 6 or of ioredis 5 or 6, or a Sentinel client of node-redis 6',
  )
}
