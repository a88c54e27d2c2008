import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis5'
import type { RedisClient } from '../../src/redis/index.ts'

/** Clients of each library that say where a server is, and are not connected. */
export const clients: Readonly<Record<string, (port: number) => RedisClient>> = {
  'node-redis': port => createClient({ url: `redis://127.0.0.1:${port}` }),
  ioredis: port => new Redis(port, '127.0.0.1', { lazyConnect: true }),
  'node-redis 5': port => createClient5({ url: `redis://127.0.0.1:${port}` }),
  'ioredis 5': port => new Redis5(port, '127.0.0.1', { lazyConnect: true }),
}
