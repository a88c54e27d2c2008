import { createClient } from 'redis'
import { SyncedCache } from '../../../src/synced/index.ts'
import type { Contender, OpenedCache } from './contender.ts'
import { openBentocache, openCacheable, openCacheManager, openLayeredLoader } from './other-caches.ts'

/** Bytes of an entry of the benchmark, and of what a cache keeps with it. */
const entryBytes = 1_500

async function openColdsnap(url: string, items: number, values: 'frozen' | 'copied'): Promise<OpenedCache> {
  const cache = await SyncedCache.open({
    redis: createClient({ url }),
    prefix: 'bench:',
    local: { maxBytes: entryBytes * items },
    values,
    timeoutMs: 10_000,
  })
  return { get: key => cache.get(key), set: (key, value) => cache.set(key, value), close: () => cache.close() }
}

async function openClientSide(url: string, items: number, isParsed: boolean): Promise<OpenedCache> {
  const clientSideCache = { ttl: 0, maxEntries: items, evictPolicy: 'LRU' } as const
  const client = createClient({ url, RESP: 3, clientSideCache })
  await client.connect()
  return {
    get: async key => {
      const text = await client.get(`client:${key}`)
      return text === null || !isParsed ? text : JSON.parse(text)
    },
    set: (key, value) => client.set(`client:${key}`, JSON.stringify(value)),
    close: async () => client.destroy(),
  }
}

/** All that are compared: each as safe as it can be, and as fast as it can be. */
export const contenders: readonly Contender[] = [
  { id: 'coldsnap', title: 'coldsnap', safety: 'frozen', open: (url, n) => openColdsnap(url, n, 'frozen') },
  { id: 'coldsnap-copied', title: 'coldsnap', safety: 'copied', open: (url, n) => openColdsnap(url, n, 'copied') },
  { id: 'bentocache', title: 'bentocache 1.6', safety: 'copied', open: (url, n) => openBentocache(url, n, true) },
  { id: 'bentocache-fast', title: 'bentocache 1.6', safety: 'shared', open: (url, n) => openBentocache(url, n, false) },
  { id: 'cacheable', title: 'cacheable 2.5', safety: 'copied', open: (url, n) => openCacheable(url, n, true) },
  { id: 'cacheable-fast', title: 'cacheable 2.5', safety: 'shared', open: (url, n) => openCacheable(url, n, false) },
  {
    id: 'cache-manager',
    title: 'cache-manager 7.2',
    safety: 'copied',
    open: (url, n) => openCacheManager(url, n, true),
  },
  {
    id: 'cache-manager-fast',
    title: 'cache-manager 7.2',
    safety: 'shared',
    open: (url, n) => openCacheManager(url, n, false),
  },
  { id: 'layered-loader', title: 'layered-loader 16', safety: 'shared', open: (url, n) => openLayeredLoader(url, n) },
  {
    id: 'client-side',
    title: 'node-redis, client-side',
    safety: 'copied',
    open: (url, n) => openClientSide(url, n, true),
  },
  {
    id: 'client-side-text',
    title: 'node-redis, client-side, text',
    safety: 'frozen',
    open: (url, n) => openClientSide(url, n, false),
  },
]
