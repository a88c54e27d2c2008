import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import { SyncedCache } from '../../src/synced/synced-cache.ts'
import type { SyncedOptions } from '../../src/synced/synced-options.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'

const code = (error: unknown): unknown => (isCacheError(error) ? error.code : error)

describe.each([
  ['native', {}],
  ['go', { compat: 'go' }],
] as const)('SyncedCache on a real server, mode %s', (_, mode) => {
  let server: RedisServer
  let client: ReturnType<typeof createClient>

  beforeAll(async () => {
    server = await startRedis()
    client = createClient({ socket: { host: '127.0.0.1', port: server.port } })
    client.on('error', () => undefined)
    await client.connect()
  })

  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  const open = <T>(options: SyncedOptions = {}): Promise<SyncedCache<T>> =>
    SyncedCache.open<T>({ redis: client, prefix: 'open:', ...mode, ...options })

  it('C1, C3, C30: what one sets or deletes, the other has at once', async () => {
    const [a, b] = [await open<object>(), await open<object>()]
    expect(a.status).toBe('ready')
    await a.set('k', { v: 1 })
    await expect.poll(() => b.getLocal('k'), { timeout: 10_000 }).toEqual({ v: 1 })
    expect(await a.get('k')).toEqual({ v: 1 })
    await b.delete('k')
    await expect.poll(() => a.getLocal('k'), { timeout: 10_000 }).toBeUndefined()
    expect([await a.get('k'), await b.get('k')]).toEqual([undefined, undefined])
    await Promise.all([a.close(), b.close()])
  })

  it('getOrSet loads once in the fleet, clear takes all', async () => {
    const caches = await Promise.all(Array.from({ length: 3 }, () => open<string>()))
    let loads = 0
    const loader = async (): Promise<string> => {
      loads++
      return 'loaded'
    }
    const got = await Promise.all(caches.map(cache => cache.getOrSet('list', loader, { lease: true })))
    expect([new Set(got), loads]).toEqual([new Set(['loaded']), 1])
    await caches[0]!.clear()
    await expect
      .poll(() => caches.map(cache => cache.getLocal('list')), { timeout: 10_000 })
      .toEqual(Array(3).fill(undefined))
    expect(await caches[1]!.get('list')).toBeUndefined()
    await Promise.all(caches.map(cache => cache.close()))
  })

  it('C11: without a server there is no opening', async () => {
    const nobody = createClient({ socket: { host: '127.0.0.1', port: 1 } })
    expect(await open({ redis: nobody, timeoutMs: 300 }).catch(code)).toBe('UNAVAILABLE')
    const cache = await open<number>({ redis: nobody, timeoutMs: 300, degraded: true })
    expect(await cache.get('k').catch(code)).toBe('UNAVAILABLE')
    expect(await cache.getOrSet('k', () => 1)).toBe(1)
    await cache.close()
  })
})
