import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll } from 'vitest'
import { redisPortContract } from '../../src/contract/index.ts'
import { redisPort } from '../../src/redis/index.ts'
import { runCases } from '../contract/run-cases.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { type RedisCluster, startCluster } from '../helpers/redis-cluster.ts'

const clients = {
  'node-redis': (ports: readonly number[]) =>
    createCluster({ rootNodes: ports.map(port => ({ url: `redis://127.0.0.1:${port}` })) }),
  ioredis: (ports: readonly number[]) =>
    new Cluster(
      ports.map(port => ({ host: '127.0.0.1', port })),
      { lazyConnect: true },
    ),
}

describeRedis('a cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(async () => await cluster?.stop())

  for (const [name, client] of Object.entries(clients)) {
    runCases(
      `redisPort on ${name}`,
      redisPortContract(() => ({ port: redisPort(client(cluster.ports)) })),
    )
  }
})
