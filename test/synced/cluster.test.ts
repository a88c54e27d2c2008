import { afterAll, beforeAll, expect, it } from 'vitest'
import { partitionNames, partitionOf } from '../../src/synced/native/key-names.ts'
import { SyncedCache } from '../../src/synced/synced-cache.ts'
import { until as untilIn } from '../group/until.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { Random } from '../helpers/random.ts'
import { type RedisCluster, startCluster } from '../helpers/redis-cluster.ts'
import { clusterClients as clients } from '../redis/cluster-clients.ts'
import { seed } from '../snapshot/runs.ts'

const prefix = 'fleet:'
const partitions = 16
const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`)
const patienceMs = 15_000

describeRedis('synced caches on a cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(async () => await cluster?.stop())

  const open = (name: string): Promise<SyncedCache<string>> =>
    SyncedCache.open<string>({ redis: clients[name]!(cluster.ports), prefix: `${prefix}${name}:`, timeoutMs: 2000 })

  it.each(Object.keys(clients))('%s: what one sets on any node, all have', async name => {
    const caches = [await open(name), await open(name), await open(name)]
    await Promise.all(keys.map((key, i) => caches[i % 3]!.set(key, `of ${key}`, { tags: [`tag ${i % 2}`] })))
    for (const cache of caches) await until(() => keys.every(key => cache.getLocal(key) === `of ${key}`))
    const masters = new Set(
      await Promise.all(
        keys.map(key => cluster.masterOf(partitionNames(`${prefix}${name}:`, partitionOf(key, partitions)).meta)),
      ),
    )
    expect(masters.size).toBe(3)
    await caches[0]!.deleteByTag('tag 0')
    expect((await caches[0]!.getMany(keys)).size).toBe(30)
    await until(() =>
      caches.every(cache => keys.every((key, i) => (cache.getLocal(key) === undefined) === (i % 2 === 0))),
    )
    await caches[1]!.clear()
    expect((await caches[1]!.getMany(keys)).size).toBe(0)
    await until(() => caches.every(cache => keys.every(key => cache.getLocal(key) === undefined)))
    expect(await caches[2]!.sweep()).toEqual({ removed: 60 })
    for (const cache of caches) {
      expect(cache.stats()).toMatchObject({ gaps: 0, eventsMalformed: 0, problems: 0 })
      await cache.close()
    }
  })

  // Each of the last leaves a master less.
  it.each([
    ['node-redis', 'asked'],
    ['node-redis', 'killed'],
    ['ioredis', 'killed'],
  ] as const)(
    `%s: in step again after a failover in the middle of writes, %s; COLDSNAP_SEED=${seed}`,
    async (name, way) => {
      const caches = [await open(name), await open(name), await open(name)]
      const random = new Random(seed)
      let isOver = false
      let writes = 0
      const writers = caches.map(async (cache, by) => {
        for (let i = 0; !isOver; i++) {
          const key = random.pick(keys)
          const change = random.chance(0.8) ? cache.set(key, `${by} ${i}`) : cache.delete(key)
          await change.then(
            () => (writes += 1),
            () => undefined,
          )
          await cache.get(random.pick(keys)).catch(() => undefined)
          // What fails at once must let others go on.
          await new Promise(resolve => setImmediate(resolve))
        }
      })
      const enough = async (): Promise<void> => {
        const before = writes
        await until(() => writes > before + 300)
      }
      await enough()
      const { meta } = partitionNames(`${prefix}${name}:`, 3)
      const master = await cluster.masterOf(meta)
      if (way === 'killed') await cluster.kill(master)
      else await cluster.ask(await cluster.replicaOf(master), 'CLUSTER', 'FAILOVER')
      await until(async () => (await cluster.masterOf(meta).catch(() => master)) !== master)
      await until(() => caches.every(cache => cache.status === 'ready'))
      await enough()
      isOver = true
      await Promise.all(writers)
      await until(async () => (await differing(caches, await open(name))).length === 0)
      for (const cache of caches) await cache.close()
    },
  )
})

/** Keys of which a cache holds something else than Redis. */
async function differing(caches: readonly SyncedCache<string>[], fresh: SyncedCache<string>): Promise<string[]> {
  try {
    const inRedis = await fresh.getMany(keys)
    return keys.filter(key =>
      caches.some(cache => cache.getLocal(key) !== undefined && cache.getLocal(key) !== inRedis.get(key)),
    )
  } finally {
    await fresh.close()
  }
}

function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  return untilIn(condition, { timeoutMs: patienceMs, pollMs: 20 })
}
