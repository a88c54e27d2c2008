import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type RedisClientType } from 'redis'
import { SyncedCache, type SyncedOptions } from '../../../src/synced/index.ts'
import { until } from '../../group/until.ts'
import { RedisProxy } from '../../helpers/redis-proxy.ts'
import type { RedisServer } from '../../helpers/redis-server.ts'

/** The two formats that a cache speaks. */
export const modes = ['native', 'go'] as const
export type Mode = (typeof modes)[number]

/** What a test may say of a cache; the rest is the scene's. */
export interface SceneOptions extends SyncedOptions {
  /** Where the client connects to. */
  readonly url?: string
  readonly database?: number
}

/** What the scene asks of a cache of any values. */
export interface Asked {
  getLocal(key: string): unknown
  stats(): ReturnType<SyncedCache['stats']>
}

/**
 * Every look at the clock is two seconds after the one before: with Go's format the values of two events of a key within
 * a second are not taken, as Go may send them in the wrong order.
 */
export const apartInTime: { readonly clock: () => number } = { clock: secondsApart() }

function secondsApart(): () => number {
  let nowMs = Date.now()
  return () => {
    nowMs += 2_000
    return nowMs
  }
}

/** A message that Redis sent to the subscribers of a channel. */
export interface Heard {
  readonly channel: string
  readonly payload: Buffer
}

/** Prefix of the caches of a scene. */
export const prefix = 'scene:'

/** How long what a test does not measure may take on a busy machine. */
export const patienceMs = 30_000

/** Caches on an emptied server, closed when the test is over. */
export class Scene implements AsyncDisposable {
  readonly mode: Mode
  readonly server: RedisServer
  /** Looks into the server without any cache. */
  readonly raw: RedisClientType
  readonly #ends: (() => Promise<void> | void)[] = []
  #fences = 0

  private constructor(mode: Mode, server: RedisServer, raw: RedisClientType) {
    this.mode = mode
    this.server = server
    this.raw = raw
  }

  static async on(server: RedisServer, mode: Mode = 'native'): Promise<Scene> {
    const raw: RedisClientType = createClient({ url: server.url })
    raw.on('error', () => undefined)
    await raw.connect()
    await raw.flushAll()
    const scene = new Scene(mode, server, raw)
    scene.#ends.push(() => raw.destroy())
    return scene
  }

  /** A connected client; the scene ends it. */
  async client(url: string = this.server.url, database = 0): Promise<RedisClientType> {
    const client: RedisClientType = createClient({ url, database, socket: { reconnectStrategy: 20 } })
    client.on('error', () => undefined)
    this.#ends.push(() => void (client.isOpen && client.destroy()))
    await client.connect()
    return client
  }

  /** A client that was not told to connect; the scene ends it. */
  idleClient(url: string): RedisClientType {
    const client: RedisClientType = createClient({ url, socket: { reconnectStrategy: 20 } })
    client.on('error', () => undefined)
    this.#ends.push(() => void (client.isOpen && client.destroy()))
    return client
  }

  async open<T = unknown>({ url, database, ...options }: SceneOptions = {}): Promise<SyncedCache<T>> {
    const redis = options.redis ?? (await this.client(url, database))
    const compat = this.mode === 'go' ? { compat: 'go' as const } : {}
    const cache = await SyncedCache.open<T>({ prefix, local: { maxBytes: 1 << 26 }, ...compat, ...options, redis })
    this.#ends.push(() => cache.close())
    return cache
  }

  /** A proxy before the server. */
  async proxy(): Promise<RedisProxy> {
    const proxy = await RedisProxy.start(this.server.port)
    this.#ends.push(() => proxy[Symbol.asyncDispose]())
    return proxy
  }

  /** Hears every message on every channel. */
  async tap(): Promise<Heard[]> {
    const heard: Heard[] = []
    const client = await this.client()
    await client.pSubscribe('*', (payload, channel) => heard.push({ channel: `${channel}`, payload }), true)
    return heard
  }

  /** How often the server ran each command since it started, within scripts too. */
  async calls(): Promise<(name: string) => number> {
    const text = await this.raw.info('commandstats')
    return name => Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  }

  /** How many reads of values the server did for `run`. */
  async reads(run: () => Promise<unknown>): Promise<number> {
    const before = await this.calls()
    await run()
    const after = await this.calls()
    return after('get') + after('mget') - before('get') - before('mget')
  }

  /** Waits until every one of `caches` has applied what was published before. */
  async settle(...caches: readonly Asked[]): Promise<void> {
    for (const cache of caches) {
      const writer = await this.#writer()
      // A key that nobody asked for before is here only if its event came, and events come in order. Redis is not asked: some
      // tests hold back its answers.
      await until(
        async () => {
          const key = `fence ${++this.#fences}`
          await writer.set(key, 1)
          for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
          return cache.getLocal(key) !== undefined
        },
        { timeoutMs: patienceMs },
      )
    }
  }

  #writerCache: Promise<SyncedCache> | undefined

  #writer(): Promise<SyncedCache> {
    this.#writerCache ??= this.open({ timeoutMs: patienceMs })
    return this.#writerCache
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.reverse()) await end()
  }
}

/** What a cache answers now, and whether without Redis. No other get of it may be under way. */
export async function look<T>(
  cache: { get(key: string): Promise<T>; stats(): ReturnType<SyncedCache['stats']> },
  key: string,
): Promise<{ value: T; isLocal: boolean }> {
  const before = countsOf(cache).localHits
  const value = await cache.get(key)
  return { value, isLocal: countsOf(cache).localHits > before }
}

/** The counts that the proof looks at. */
export interface Counts {
  readonly localHits: number
  readonly localItems: number
  readonly localBytes: number
  readonly remoteHits: number
  readonly remoteMisses: number
  readonly remoteErrors: number
}

export function countsOf(cache: Pick<Asked, 'stats'>): Counts {
  const stats = cache.stats()
  return {
    localHits: stats.localHits,
    localItems: stats.localItems,
    localBytes: stats.localBytes,
    remoteHits: stats.remoteHits,
    remoteMisses: stats.remoteMisses,
    remoteErrors: stats.remoteErrors,
  }
}

/** How a call ended: with what code, and after how many milliseconds; `HUNG`: not within five seconds. */
export async function ended(call: Promise<unknown>): Promise<{ code: string; ms: number }> {
  const start = performance.now()
  const late = new AbortController()
  const hung = sleep(5_000, 'HUNG', { signal: late.signal }).catch(() => 'none')
  const code = call.then(
    () => 'none',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  )
  const first = await Promise.race([code, hung])
  late.abort()
  return { code: first, ms: performance.now() - start }
}
