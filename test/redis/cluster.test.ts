import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisPortContract } from '../../src/contract/index.ts'
import { keysOf } from '../../src/contract/samples.ts'
import { type RedisPort, RedisStore, redisPort } from '../../src/redis/index.ts'
import { keyed } from '../../src/snapshot/columns.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { runCases } from '../contract/run-cases.ts'
import { runContract } from '../contract/run-contract.ts'
import { until as untilIn } from '../group/until.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { patiently } from '../helpers/patiently.ts'
import { type RedisCluster, startCluster } from '../helpers/redis-cluster.ts'
import { redisHandle } from './store-handle.ts'

const clients = {
  'node-redis': (ports: readonly number[]) =>
    createCluster({ rootNodes: ports.map(port => ({ url: `redis://127.0.0.1:${port}` })) }),
  ioredis: (ports: readonly number[]) =>
    new Cluster(
      ports.map(port => ({ host: '127.0.0.1', port })),
      { lazyConnect: true, slotsRefreshTimeout: 10_000 },
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

    let shared: RedisPort
    beforeAll(() => {
      shared = redisPort(client(cluster.ports))
    })
    afterAll(async () => await shared?.close())
    runContract(`RedisStore on ${name}, all keys on one node`, () => redisHandle(() => shared, '{tag}'), {
      runs: 5,
      maxValueBytes: 1024 * 1024,
    })

    it(`RedisStore on ${name} without a tag has keys on every node, and no batch`, async () => {
      await using store = new RedisStore(client(cluster.ports), { prefix: `${name}:` })
      expect(store.batch).toBeUndefined()
      const keys = Array.from({ length: 50 }, (_, i) => `key-${100 + i}`)
      for (const key of keys) await store.store(key, new TextEncoder().encode(key))
      expect(await keysOf(store, 'key-')).toEqual(keys)
      const values = await store.loadMany([...keys, 'none'])
      expect(values.map(value => value && new TextDecoder().decode(value))).toEqual([...keys, undefined])
      const nodes = new Set(await Promise.all(keys.map(key => cluster.masterOf(`${name}:${key}`))))
      expect(nodes.size).toBe(3)
    })
  }

  // The last: it leaves a node dead.
  it.each(Object.entries(clients))('a master of %s dies', async (name, client) => {
    const prefix = `{failover-${name}}`
    const port = redisPort(client(cluster.ports))
    await using store = new RedisStore(port, { prefix, timeoutMs: 2000, breaker: { maxBackOffMs: 1000 } })
    const cache = new SnapshotCache<State>(store, { name: 'app', columns: { peers: keyed<Peer>('id') } })
    const heard: string[] = []
    port.subscribe(`${name}-channel`, {
      message: bytes => heard.push(new TextDecoder().decode(bytes)),
      up: () => heard.push('up'),
      down: () => heard.push('down'),
    })
    await until(() => heard.includes('up'))
    await cache.store(stateOf(1))
    await cluster.ask(await cluster.masterOf(prefix), 'WAIT', '1', '1000')
    await cluster.kill(await cluster.masterOf(prefix))
    const errors: string[] = []
    const nextTick = async (tick: number): Promise<boolean> => {
      try {
        await cache.store(stateOf(tick))
        return true
      } catch (error) {
        errors.push(error instanceof Error && 'code' in error ? String(error.code) : String(error))
        return false
      }
    }
    await until(() => nextTick(2))
    // Calls failed as what they are until the replica took over.
    expect(new Set(errors)).toEqual(new Set(['UNAVAILABLE']))
    // A node that has not heard of it yet may send the client to the dead one once more.
    expect((await patiently(() => cache.load()))?.state).toEqual(stateOf(2))
    await until(async () => {
      await port.command({ args: ['PUBLISH', `${name}-channel`, 'after'] }).catch(() => undefined)
      return heard.includes('after')
    })
    await port.close()
  })
})

interface Peer {
  readonly id: string
  readonly tick: number
}

interface State {
  readonly tick: number
  readonly peers: readonly Peer[]
}

function stateOf(tick: number): State {
  return { tick, peers: Array.from({ length: 20 }, (_, i) => ({ id: `p${i}`, tick })) }
}

function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  return untilIn(condition, { timeoutMs: 40_000, pollMs: 50 })
}
