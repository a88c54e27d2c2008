// How Redis is reached is the client's: with TLS, as a user with a password, by Sentinels.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import { type RedisClient, RedisStore } from '../../src/redis/index.ts'
import { SyncedCache } from '../../src/synced/index.ts'
import { makeAuthority } from '../group/http/certificates.ts'
import { until } from '../group/until.ts'
import { describeRedis, noRedis } from '../helpers/describe-redis.ts'
import { describeUnless } from '../helpers/describe-unless.ts'
import { freePort, type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { masterName, startSentinel } from '../helpers/start-sentinel.ts'
import { sentinelClients } from '../redis/sentinel-clients.ts'

const timeoutMs = 20_000
const authority = noRedis === undefined ? makeAuthority() : undefined

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'coldsnap-reach-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function server(...args: string[]): Promise<RedisServer> {
  const started = await startRedis({ args })
  onTestFinished(() => started.stop())
  return started
}

async function asker(url: string) {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.destroy())
  return client
}

async function cacheOn(redis: RedisClient): Promise<SyncedCache<string>> {
  const cache = await SyncedCache.open<string>({ redis, prefix: 'reach:', timeoutMs })
  onTestFinished(() => cache.close())
  return cache
}

async function inStep(...caches: readonly SyncedCache<string>[]): Promise<void> {
  for (const [i, cache] of caches.entries()) {
    await cache.set('key', `of ${i}`)
    for (const other of caches) await until(() => other.getLocal('key') === `of ${i}`)
  }
}

async function storeWorks(client: RedisClient): Promise<void> {
  await using store = new RedisStore(client, { prefix: 'store:', timeoutMs })
  await store.store('key', new Uint8Array([1]))
  expect(await store.load('key')).toEqual(new Uint8Array([1]))
}

describeUnless(noRedis ?? (authority === undefined ? 'openssl is not there' : undefined), 'over TLS, as a user', () => {
  it('both clients are in step, and what they do not say lets nobody in', async () => {
    const dir = directory()
    const { cert, key } = authority!.issue('server')
    const file = (name: string, text: string): string => {
      writeFileSync(join(dir, name), text)
      return join(dir, name)
    }
    const port = await freePort()
    const { url } = await server(
      ...['--tls-port', `${port}`, '--tls-auth-clients', 'no', '--tls-ca-cert-file', file('ca', authority!.ca)],
      ...['--tls-cert-file', file('cert', cert), '--tls-key-file', file('key', key)],
    )
    const admin = await asker(url)
    await admin.sendCommand(['ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all'])
    await admin.sendCommand(['ACL', 'SETUSER', 'default', 'off'])
    const tls = { ca: authority!.ca }
    const node = createClient({
      socket: { host: '127.0.0.1', port, tls: true, ...tls },
      username: 'app',
      password: 'secret',
    })
    const io = new Redis({ host: '127.0.0.1', port, tls, username: 'app', password: 'secret', lazyConnect: true })
    await inStep(await cacheOn(node), await cacheOn(io))
    for (const client of [node, io]) await storeWorks(client)
    const socket = { host: '127.0.0.1', port, tls: true, ...tls } as const
    const stranger = createClient({ socket, username: 'app', password: 'wrong' })
    const refused = SyncedCache.open({ redis: stranger, prefix: 'reach:', timeoutMs: 2_000 })
    await expect(refused).rejects.toMatchObject({ code: 'NO_ACCESS' })
  })
})

describeRedis('by Sentinels', () => {
  it.each(Object.keys(sentinelClients))(
    '%s: in step again at the new master when the old one dies',
    async name => {
      const master = await server()
      const replica = await server('--replicaof', '127.0.0.1', `${master.port}`)
      const sentinel = await startSentinel(master.port, 500)
      onTestFinished(() => sentinel.stop())
      const asked = await asker(sentinel.url)
      const ask = async (what: string): Promise<string> =>
        JSON.stringify(await asked.sendCommand(['SENTINEL', what, masterName]))
      await until(async () => (await ask('REPLICAS')).includes(`${replica.port}`), { timeoutMs: 40_000 })
      const client = (): RedisClient => sentinelClients[name]!([sentinel.port])
      const [a, b] = [await cacheOn(client()), await cacheOn(client())]
      await inStep(a, b)
      await storeWorks(client())
      const clears = [a, b].map(cache => cache.stats().clears.reconnect)
      await master.stop()
      await until(async () => (await ask('GET-MASTER-ADDR-BY-NAME')).includes(`${replica.port}`), { timeoutMs: 40_000 })
      for (const [i, cache] of [a, b].entries()) {
        await until(() => cache.status === 'ready' && cache.stats().clears.reconnect > clears[i]!, {
          timeoutMs: 40_000,
        })
      }
      const works = async (cache: SyncedCache<string>): Promise<boolean> => {
        try {
          await cache.set('mark', 'back')
          return true
        } catch {
          return false
        }
      }
      for (const cache of [a, b]) await until(() => works(cache), { timeoutMs: 40_000 })
      await inStep(a, b)
    },
    200_000,
  )
})
