import { GuardedRedis } from '../redis/guarded-redis.ts'
import { isRedisPort, redisPort } from '../redis/port-of-client.ts'
import type { RedisClient } from '../redis/redis-client.ts'
import type { RedisPort } from '../redis/redis-port.ts'
import { GoLevel } from './go/go-level.ts'
import { NativeLevel } from './native/native-level.ts'
import type { RemoteLevel, RemoteSink } from './remote-level.ts'
import type { SyncedOptions } from './synced-options.ts'
import type { RemoteLevelFactory, SyncedSettings } from './synced-settings.ts'

/** In a cluster, so that the keys are on all of its nodes. */
const clusterPartitions = 16

/** What makes the mode that the options ask for. */
export async function connectRemote(options: SyncedOptions, settings: SyncedSettings): Promise<RemoteLevelFactory> {
  if (options.remote !== undefined) return options.remote
  const client = options.redis as RedisClient | RedisPort
  const { timeoutMs, breaker, maxPending, clock } = settings
  const isOwn = !isRedisPort(client)
  const port = new GuardedRedis(isRedisPort(client) ? client : redisPort(client), {
    timeoutMs,
    breaker,
    maxPending,
    clock,
  })
  // What the caller made the caller closes.
  const close = (): Promise<void> => (isOwn ? port.close() : Promise.resolve())
  try {
    const db = settings.compat === 'go' ? 0 : await port.database()
    return (sink, all) => closingWith(modeOf(port, all, db, sink), close)
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}

function modeOf(port: RedisPort, settings: SyncedSettings, db: number, sink: RemoteSink): RemoteLevel {
  if (settings.compat === 'go') return new GoLevel(port, { ...settings, clearWithoutPrefix: false }, sink)
  const partitions = settings.partitions ?? (port.isCluster ? clusterPartitions : 1)
  return new NativeLevel(port, { ...settings, partitions, db }, sink)
}

// The connections of a port that was made here end with the level.
function closingWith(level: RemoteLevel, close: () => Promise<void>): RemoteLevel {
  const closeLevel = level.close.bind(level)
  level.close = async () => {
    await closeLevel()
    await close()
  }
  return level
}
