import type { OpenedCache } from './contender.ts'
import { requireContender } from './require-contender.ts'

interface Redis {
  quit(): Promise<unknown>
  disconnect(): void
}
type RedisClass = new (url: string) => Redis

interface Store {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<unknown>
  disconnect(): Promise<unknown>
}

interface Bento {
  get(options: { key: string }): Promise<unknown>
  set(options: { key: string; value: unknown; ttl: string }): Promise<unknown>
  disconnect(): Promise<unknown>
}

/** By default it keeps JSON and parses it for each caller; `serialize: false` shares one object. */
export async function openBentocache(url: string, items: number, isSafe: boolean): Promise<OpenedCache> {
  const { BentoCache, bentostore } = requireContender<{
    BentoCache: new (options: object) => Bento
    bentostore: () => { useL1Layer(d: unknown): { useL2Layer(d: unknown): { useBus(d: unknown): unknown } } }
  }>('bentocache')
  const { memoryDriver } = requireContender<{ memoryDriver(options: object): unknown }>('bentocache/drivers/memory')
  const { redisDriver, redisBusDriver } = requireContender<{
    redisDriver(options: object): unknown
    redisBusDriver(options: object): unknown
  }>('bentocache/drivers/redis')
  const { hostname: host, port } = new URL(url)
  const connection = { host, port: Number(port) }
  const store = bentostore()
    .useL1Layer(memoryDriver({ maxItems: items, serialize: isSafe }))
    .useL2Layer(redisDriver({ connection }))
    .useBus(redisBusDriver({ connection }))
  const bento = new BentoCache({ default: 'bench', stores: { bench: store } })
  return {
    get: key => bento.get({ key }),
    set: (key, value) => bento.set({ key, value, ttl: '1h' }),
    close: async () => void (await bento.disconnect()),
  }
}

/** By default it clones for each caller. It tells no other process. */
export async function openCacheable(url: string, items: number, isSafe: boolean): Promise<OpenedCache> {
  const { Cacheable, CacheableMemory, KeyvCacheableMemory, Keyv } = requireContender<{
    Cacheable: new (options: object) => Store
    CacheableMemory: unknown
    KeyvCacheableMemory: new (options: object) => object
    Keyv: new (options: object) => object
  }>('cacheable')
  const { default: KeyvRedis } = requireContender<{ default: new (url: string) => object }>('@keyv/redis')
  void CacheableMemory
  const memory = new KeyvCacheableMemory({ useClone: isSafe, lruSize: items })
  const primary = new Keyv({ store: memory, serialize: undefined, deserialize: undefined })
  const cache = new Cacheable({ primary, secondary: new Keyv({ store: new KeyvRedis(url) }) })
  return {
    get: key => cache.get(key),
    set: (key, value) => cache.set(key, value),
    close: async () => void (await cache.disconnect()),
  }
}

/** Keyv keeps JSON and parses it for each caller, unless it is told not to. It tells no other process. */
export async function openCacheManager(url: string, items: number, isSafe: boolean): Promise<OpenedCache> {
  const { createCache } = requireContender<{ createCache(options: object): Store }>('cache-manager')
  const { Keyv, KeyvCacheableMemory } = requireContender<{
    Keyv: new (options: object) => object
    KeyvCacheableMemory: new (options: object) => object
  }>('cacheable')
  const { default: KeyvRedis } = requireContender<{ default: new (url: string) => object }>('@keyv/redis')
  const store = new KeyvCacheableMemory({ useClone: false, lruSize: items })
  const plain = isSafe ? {} : { serialize: undefined, deserialize: undefined }
  const cache = createCache({ stores: [new Keyv({ store, ...plain }), new Keyv({ store: new KeyvRedis(url) })] })
  return {
    get: key => cache.get(key),
    set: (key, value) => cache.set(key, value),
    close: async () => void (await cache.disconnect()),
  }
}

/** It gives every caller the same object; there is no other way. */
export async function openLayeredLoader(url: string, items: number): Promise<OpenedCache> {
  const { ManualCache, RedisCache, createNotificationPair } = requireContender<{
    ManualCache: new (
      options: object,
    ) => {
      get(key: string): Promise<unknown>
      set(key: string, value: unknown): Promise<unknown>
      init(): Promise<unknown>
      close(): Promise<unknown>
    }
    RedisCache: new (redis: Redis, options: object) => object
    createNotificationPair(options: object): { publisher: object; consumer: object }
  }>('layered-loader')
  const { Redis } = requireContender<{ Redis: RedisClass }>('ioredis')
  const connections = [new Redis(url), new Redis(url), new Redis(url)]
  const [redis, consumerRedis, publisherRedis] = connections as [Redis, Redis, Redis]
  const { publisher, consumer } = createNotificationPair({ channel: 'bench', consumerRedis, publisherRedis })
  const cache = new ManualCache({
    inMemoryCache: { cacheType: 'lru-object', ttlInMsecs: 3_600_000, maxItems: items },
    asyncCache: new RedisCache(redis, { json: true, prefix: 'layered', ttlInMsecs: 3_600_000 }),
    notificationPublisher: publisher,
    notificationConsumer: consumer,
  })
  await cache.init()
  return {
    get: key => cache.get(key),
    set: (key, value) => cache.set(key, value),
    close: async () => {
      await cache.close()
      for (const each of connections) each.disconnect()
    },
  }
}
