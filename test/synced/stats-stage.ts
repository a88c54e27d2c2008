import type { SyncedCache } from '../../src/synced/index.ts'
import type { RemoteLevel } from '../../src/synced/remote-level.ts'
import { until } from '../group/until.ts'
import type { RedisProxy } from '../helpers/redis-proxy.ts'
import { type Mode, patienceMs, type Scene, type SceneOptions } from './proof/scene.ts'

/** Whom a case is about (`cache`), another process, and what stands between `cache` and Redis. */
export interface Stage {
  readonly scene: Scene
  readonly mode: Mode
  readonly cache: SyncedCache<string>
  readonly other: SyncedCache<string>
  readonly proxy: RedisProxy
  /** Sets a key by the other, and waits until the cache has it. */
  give(key: string, value?: string): Promise<void>
  /** As `give`, and then makes the cache drop it: Redis has it, the cache has not. */
  leaveInRedis(key: string, value?: string): Promise<void>
}

/** Options of a cache that asks nothing by itself. */
export const quiet = { heartbeatMs: 60_000, timeoutMs: patienceMs }
/** A value of so many bytes. */
export const long = (length: number): string => 'x'.repeat(length)
/** A cache behind a proxy, and another. */
export async function stageOf(scene: Scene, options: SceneOptions = {}): Promise<Stage> {
  const proxy = await scene.proxy()
  const cache = await scene.open<string>({ ...quiet, url: proxy.url, ...options })
  // Opened later, so that the cache knows it for one of ours.
  const other = await scene.open<string>(quiet)
  const give = async (key: string, value = 'value'): Promise<void> => {
    const { localFills } = cache.stats()
    await other.set(key, value)
    await until(() => cache.stats().localFills > localFills)
  }
  const leaveInRedis = async (key: string, value?: string): Promise<void> => {
    await give(key, value)
    const { invalidations } = cache.stats()
    await other.invalidate(key)
    await until(() => cache.stats().invalidations > invalidations)
  }
  return { scene, mode: scene.mode, cache, other, proxy, give, leaveInRedis }
}

/** `level`, with some calls of one's own. */
export function wrapped(level: RemoteLevel, changes: Partial<RemoteLevel>): RemoteLevel {
  return new Proxy(level, {
    get: (target, name) => {
      if (Object.hasOwn(changes, name)) return Reflect.get(changes, name)
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
