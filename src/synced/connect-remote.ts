import { GuardedRedis } from '../redis/guarded-redis.ts'
import { isRedisPort, redisPort } from '../redis/port-of-client.ts'
import type { RedisPort } from '../redis/redis-port.ts'
import { GoLevel } from './go/go-level.ts'
import { NativeLevel } from './native/native-level.ts'
import type { RemoteLevel, RemoteSink } from './remote-level.ts'
import type { SyncedOptions } from './synced-options.ts'
import type { SyncedSettings } from './synced-settings.ts'

/** A mode, and what ends the connections that were made for it. */
export interface RemoteConnection {
  readonly level: RemoteLevel
  close(): Promise<void>
}

/** Enough that each master of a usual cluster has some. */
const clusterPartitions = 16

/** Makes the mode that the options ask for; it connects when it is opened. */
export function connectRemote(options: SyncedOptions, settings: SyncedSettings, sink: RemoteSink): RemoteConnection {
  const { redis, remote, wrapRemote = level => level } = options
  if (redis === undefined) {
    if (remote === undefined) throw new TypeError('Option redis is missing')
    const level = wrapRemote(remote(sink, settings))
    return { level, close: () => level.close() }
  }
  // Whoever passes a port closes it.
  const [port, isOwn] = isRedisPort(redis) ? [redis, false] : [redisPort(redis), true]
  const level = wrapRemote(modeOver(port, settings, sink))
  const close = async (): Promise<void> => {
    await level.close()
    if (isOwn) await port.close()
  }
  return { level, close }
}

function modeOver(port: RedisPort, settings: SyncedSettings, sink: RemoteSink): RemoteLevel {
  const { timeoutMs, breaker, maxPending, clock, compat } = settings
  const guarded = new GuardedRedis(port, { timeoutMs, breaker, maxPending, clock })
  if (compat === 'go') return new GoLevel(guarded, settings, sink)
  const partitions = settings.partitions ?? (port.isCluster ? clusterPartitions : 1)
  return new NativeLevel(guarded, { ...settings, partitions, db: port.database }, sink)
}
