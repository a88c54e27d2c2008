import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keysOf } from '../../src/contract/samples.ts'
import { GroupCache } from '../../src/group/group-cache.ts'
import { type RedisPort, RedisStore, redisPort } from '../../src/redis/index.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value)

describeRedis('RedisStore', () => {
  let server: RedisServer
  let port: RedisPort
  const open = (prefix = 'app:'): RedisStore => new RedisStore(port, { prefix, timeoutMs: 2000 })
  const call = (...args: string[]) => port.command({ args })
  beforeEach(async () => {
    server = await startRedis()
    port = redisPort(createClient({ url: server.url }))
  })
  afterEach(async () => {
    await port.close()
    await server.stop()
  })

  it('keeps to its prefix, whatever patterns that would be', async () => {
    for (const prefix of ['a*', 'a?', '[a]', 'a\\', 'a']) await open(prefix).store('k', bytes(prefix))
    for (const prefix of ['a*', 'a?', '[a]', 'a\\']) {
      expect(await keysOf(open(prefix))).toEqual(['k'])
      expect(text(await open(prefix).load('k'))).toBe(prefix)
    }
    expect(await keysOf(open('a'))).toEqual(['*k', '?k', '\\k', 'k'])
    expect(await keysOf(open('a'), '*')).toEqual(['*k'])
  })

  it('lists thousands of keys once each, also while others come and go', async () => {
    const store = open()
    const keys = Array.from({ length: 3000 }, (_, i) => `k${10_000 + i}`)
    await store.batch!(keys.map(key => ({ type: 'store', key, value: bytes('v') })))
    const listing = keysOf(store, 'k')
    for (let i = 0; i < 2000; i++) void store.store(`other-${i}`, bytes('x'))
    expect(await listing).toEqual(keys)
  })

  it('a key of another type is an error, not a miss', async () => {
    const store = open()
    await call('LPUSH', 'app:list', 'x')
    await expect(store.load('list')).rejects.toMatchObject({ code: 'IO', key: 'list' })
    await expect(store.loadMany(['none', 'list'])).rejects.toMatchObject({ code: 'IO', key: 'list' })
  })

  it('a full server is STORE_FULL, nothing of a batch is done, and what is stored is read and removed', async () => {
    const store = open()
    await store.store('old', bytes('old'))
    await call('CONFIG', 'SET', 'maxmemory', '1')
    await expect(store.store('new', bytes('x'))).rejects.toMatchObject({ code: 'STORE_FULL', key: 'new' })
    const batch = store.batch!([
      { type: 'remove', key: 'old' },
      { type: 'store', key: 'new', value: bytes('x') },
    ])
    await expect(batch).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(text(await store.load('old'))).toBe('old')
    await store.remove('old')
    expect(await keysOf(store)).toEqual([])
  })

  it('a replica is READ_ONLY', async () => {
    const store = open()
    await call('REPLICAOF', '127.0.0.1', '1')
    await call('CONFIG', 'SET', 'replica-serve-stale-data', 'yes')
    await expect(store.store('k', bytes('x'))).rejects.toMatchObject({ code: 'READ_ONLY' })
    expect(await store.load('k')).toBeUndefined()
  })

  it('who may not is NO_ACCESS, within his connection or without', async () => {
    await call('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+@read', '+select')
    const as = (password: string): RedisStore =>
      new RedisStore(createClient({ url: server.url, username: 'reader', password }), { prefix: 'app:' })
    await using reader = as('secret')
    expect(await reader.load('k')).toBeUndefined()
    await expect(reader.store('k', bytes('x'))).rejects.toMatchObject({ code: 'NO_ACCESS' })
    await using stranger = as('wrong')
    await expect(stranger.load('k')).rejects.toMatchObject({ code: 'NO_ACCESS' })
  })

  it('a mute server is UNAVAILABLE by the deadline, and a dead one at once; both heal', async () => {
    await using store = new RedisStore(createClient({ url: server.url }), {
      prefix: 'app:',
      timeoutMs: 100,
      breaker: { backOffMs: 10, maxBackOffMs: 10 },
    })
    await store.store('k', bytes('v'))
    server.pause()
    await expect(store.load('k')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    server.resume()
    await expect.poll(() => store.load('k').then(text, () => 'error'), { timeout: 10_000 }).toBe('v')
    const listing = store.list('')
    await server.stop()
    await expect(listing.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(store.load('k')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    server = await startRedis({ port: server.port })
    await expect.poll(() => store.load('k').catch(() => 'error'), { timeout: 10_000 }).toBeUndefined()
  })

  it('refuses what is no client, and prefixes that would have every key', () => {
    expect(() => new RedisStore({} as never, { prefix: 'p' })).toThrow(TypeError)
    expect(() => open('')).toThrow(RangeError)
    expect(() => open('\ud800')).toThrow(RangeError)
    expect(() => open('p'.repeat(201))).toThrow(RangeError)
    expect(() => new RedisStore(port, { prefix: 'p', other: 1 } as never)).toThrow(TypeError)
  })

  it('a group cache is warm after a restart', async () => {
    const loads: string[] = []
    const start = (): GroupCache => new GroupCache({ store: open('group:') })
    const options = {
      maxBytes: 1000,
      afterRestart: 'trust',
      load: async (key: string) => {
        loads.push(key)
        return bytes(`value of ${key}`)
      },
    } as const
    const first = start()
    await first.group('users', options).get('alice')
    await first.close()
    const second = start()
    expect(text(await second.group('users', options).get('alice'))).toBe('value of alice')
    await second.close()
    expect(loads).toEqual(['alice'])
  })
})

describeRedis('RedisStore on a server with an append-only file', () => {
  it('nothing acknowledged is lost when the server is killed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'coldsnap-redis-'))
    let server = await startRedis({ dir })
    await using store = new RedisStore(createClient({ url: server.url }), { prefix: 'app:' })
    let acknowledged = 0
    const writing = (async () => {
      for (let i = 1; ; i++) {
        const operations = ['a', 'b'].map(key => ({ type: 'store', key, value: bytes(`${i}`) }) as const)
        await store.batch!([...operations, { type: 'remove', key: 'c' }])
        acknowledged = i
      }
    })().catch((error: unknown) => error)
    await expect.poll(() => acknowledged, { timeout: 10_000 }).toBeGreaterThan(20)
    await server.stop()
    expect(await writing).toMatchObject({ code: 'UNAVAILABLE' })
    server = await startRedis({ dir, port: server.port })
    await expect.poll(() => store.load('a').catch(() => undefined), { timeout: 10_000 }).toBeDefined()
    const [a, b] = (await store.loadMany(['a', 'b'])).map(value => Number(text(value)))
    expect(a).toBe(b)
    expect([acknowledged, acknowledged + 1]).toContain(a)
    await server.stop()
    await rm(dir, { recursive: true })
  })
})
