import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import type { RedisClient } from '../../src/redis/index.ts'
import { masterName } from '../helpers/start-sentinel.ts'

/** Clients of each library for the master that the Sentinels at these ports name, not connected. */
export const sentinelClients: Readonly<Record<string, (ports: readonly number[]) => RedisClient>> = {
  'node-redis': ports =>
    createSentinel({ name: masterName, sentinelRootNodes: ports.map(port => ({ host: '127.0.0.1', port })) }),
  ioredis: ports =>
    new Redis({ name: masterName, sentinels: ports.map(port => ({ host: '127.0.0.1', port })), lazyConnect: true }),
}
