import { afterAll, beforeAll, expect, it } from 'vitest'
import { channelName } from '../../src/synced/native/key-names.ts'
import { SyncedCache } from '../../src/synced/synced-cache.ts'
import { until as untilIn } from '../group/until.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { type RedisCluster, startCluster } from '../helpers/redis-cluster.ts'
import { clusterClients } from '../redis/cluster-clients.ts'

const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`)
const patienceMs = 30_000

describeRedis('synced caches on a cluster that loses the node they hear from', () => {
  let cluster: RedisCluster
  const dead: number[] = []
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(async () => await cluster?.stop())

  const living = (): number[] => cluster.ports.filter(port => !dead.includes(port))

  /** The node that has a subscription of this prefix, if there is one alone. */
  async function heardFrom(prefix: string): Promise<number | undefined> {
    const found: number[] = []
    for (const port of living()) {
      const [, count] = (await cluster.ask(port, 'PUBSUB', 'NUMSUB', channelName(prefix, 0))).split(/,(?=\d+$)/)
      if (Number(count) > 0) found.push(port)
    }
    return found.length === 1 ? found[0] : undefined
  }

  // Each leaves a node less, and another one each time may be without a replica: two are what a cluster of six endures.
  it.each(Object.keys(clusterClients))('%s: what is here is what Redis has', async name => {
    const open = (prefix: string): Promise<SyncedCache<string>> =>
      SyncedCache.open<string>({ redis: clusterClients[name]!(living()), prefix, timeoutMs: 3000, heartbeatMs: 200 })
    const prefix = `heard by ${name}:`
    const listener = await open(prefix)
    let node: number | undefined
    await until(async () => {
      node = await heardFrom(prefix)
      if (node === undefined) return false
      const isMaster = (await cluster.ask(node, 'ROLE')).startsWith('master')
      const mayFail = !isMaster || (await cluster.replicaOf(node).catch(() => undefined)) !== undefined
      // It goes on with another node.
      if (!mayFail) await cluster.ask(node, 'CLIENT', 'KILL', 'TYPE', 'pubsub')
      return mayFail && listener.status === 'ready'
    })
    const writer = await open(prefix)
    let isOver = false
    let writes = 0
    const writing = (async () => {
      for (let i = 0; !isOver; i++) {
        const cache = i % 2 === 0 ? listener : writer
        const change = i % 5 === 4 ? cache.delete(keys[i % 60]!) : cache.set(keys[(i * 7) % 60]!, `${i}`)
        await change.then(
          () => (writes += 1),
          () => undefined,
        )
        await cache.get(keys[(i * 11) % 60]!).catch(() => undefined)
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    })()
    const enough = async (): Promise<void> => {
      const before = writes
      await until(() => writes > before + 200)
    }
    await enough()
    const reconnects = listener.stats().clears.reconnect
    await cluster.kill(node!)
    dead.push(node!)
    await until(() => listener.stats().clears.reconnect > reconnects && listener.status === 'ready')
    await enough()
    isOver = true
    await writing
    await until(async () => {
      const fresh = await open(prefix).catch(() => undefined)
      const inRedis = await fresh?.getMany(keys).catch(() => undefined)
      await fresh?.close()
      if (inRedis === undefined) return false
      return [listener, writer].every(cache =>
        keys.every(key => cache.getLocal(key) === undefined || cache.getLocal(key) === inRedis.get(key)),
      )
    })
    await writer.set('after', 'value')
    await until(() => listener.getLocal('after') === 'value')
    expect(await heardFrom(prefix)).not.toBe(node)
    await Promise.all([listener.close(), writer.close()])
  })
})

function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  return untilIn(condition, { timeoutMs: patienceMs, pollMs: 50 })
}
