import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import type { RedisClient } from '../../src/redis/index.ts'

/** Clients of each library for the cluster of these nodes, not connected. */
export const clusterClients: Readonly<Record<string, (ports: readonly number[]) => RedisClient>> = {
  'node-redis': ports => createCluster({ rootNodes: ports.map(port => ({ url: `redis://127.0.0.1:${port}` })) }),
  ioredis: ports =>
    new Cluster(
      ports.map(port => ({ host: '127.0.0.1', port })),
      { lazyConnect: true, slotsRefreshTimeout: 10_000 },
    ),
}
