import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ioRedisClient, nodeRedisClient } from '../../src/cli/open-redis.ts'
import { redisAddress } from '../../src/cli/redis-address.ts'
import { RedisStore } from '../../src/redis/redis-store.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { type RedisCluster, startCluster } from '../helpers/redis-cluster.ts'
import { scratch } from '../store/scratch.ts'
import { reportOf, runCli } from './cli-run.ts'
import { makeSample, sampleCache, sampleState } from './sample-caches.ts'

describeRedis('Redis Cluster from the command line', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(async () => await cluster?.stop())

  const hosts = (): string => cluster.ports.map(port => `127.0.0.1:${port}`).join(',')
  const at = (prefix: string): string => `redis+cluster://${hosts()}?prefix=${prefix}`

  it.each(['plain:', '{tag}:'])(
    'holds caches and blobs with the prefix %s, and every command reads them',
    async prefix => {
      const [from, back] = [scratch(), `${scratch()}/new`]
      await makeSample(from, 'file', 500)
      const address = at(prefix)
      expect(await reportOf(['copy', from, address])).toMatchObject({ copied: [{ name: 'app' }] })
      expect((await runCli(['copy', from, address])).code).toBe(9)
      // The same nodes, in another order.
      const other = `redis+cluster://${hosts().split(',').reverse().join(',')}?prefix=${prefix}`
      expect((await runCli(['copy', address, other])).code).toBe(2)
      expect((await runCli(['copy', address, back])).code).toBe(0)
      expect((await runCli(['diff', from, address])).code).toBe(0)
      expect(await reportOf(['ls', address])).toMatchObject({ kind: 'redis', caches: [{ name: 'app' }], otherKeys: 0 })
      expect(await reportOf(['show', address, 'app', 'peers', 'new'])).toMatchObject({ value: { name: 'new one' } })
      expect(await reportOf(['verify', address])).toMatchObject({ ok: true })
      const exported = (await runCli(['export', address])).stdout
      const importing = ['import', address, 'again', '-']
      expect((await runCli(importing, { stdin: Buffer.from(exported) })).code).toBe(0)
      expect((await runCli(['blob', 'put', address, 'docs', 'a', '-'], { stdin: Buffer.from('body') })).code).toBe(0)
      expect((await runCli(['blob', 'get', address, 'docs', 'a'])).stdout).toBe('body')
      const benched = ['bench', scratch(), '--rows', '50', '--rounds', '1', '--redis', at(`bench-${prefix}`)]
      expect((await runCli(benched)).code).toBe(0)
    },
  )

  it('is found from any one node, and has the bytes that an application reads', async () => {
    const dir = scratch()
    await makeSample(dir)
    const one = `redis+cluster://127.0.0.1:${cluster.ports.at(-1)}?prefix=shop:`
    expect((await runCli(['copy', dir, one])).code).toBe(0)
    const clients = [
      nodeRedisClient({ createClient, createCluster }, redisAddress(one, { env: {} })),
      ioRedisClient({ Redis, Cluster }, redisAddress(one, { env: {} })),
    ]
    const { peers } = sampleState()
    for (const client of clients) {
      await using store = new RedisStore(client, { prefix: 'shop:' })
      expect((await sampleCache(store).load())?.state.peers).toEqual([
        ...peers.slice(1),
        { id: 'new', name: 'new one' },
      ])
    }
  })

  it('is not taken for one server, of which only a part of the keys would be seen', async () => {
    for (const port of cluster.ports) {
      const { code, stdout, stderr } = await runCli(['ls', `redis://127.0.0.1:${port}?prefix=shop:`])
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('redis+cluster://')
    }
  })

  it('says where no node is there', async () => {
    const { code, stderr } = await runCli(['ls', 'redis+cluster://127.0.0.1:1,127.0.0.1:2?prefix=a'])
    expect(code).toBe(7)
    expect(stderr).toContain('Cannot open redis+cluster://127.0.0.1:1,127.0.0.1:2?prefix=a: Redis is not available')
  })
})
