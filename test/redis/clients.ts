import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { RedisClient } from '../../src/redis/index.ts'

/** Clients of each library that say where a server is, and are not connected. */
export const clients: Readonly<Record<string, (port: number) => RedisClient>> = {
  'node-redis': port => createClient({ url: `redis://127.0.0.1:${port}` }),
  ioredis: port => new Redis(port, '127.0.0.1', { lazyConnect: true }),
}
