import type { RedisClientType } from 'redis'
import { SyncedCache, type SyncedOptions } from '../../../src/synced/index.ts'
import { localBytes, times } from './soak-values.ts'

/** A cache as all processes of the soak have it. */
export async function openSoakCache(
  redis: RedisClientType,
  options: Pick<SyncedOptions, 'reader'> = {},
): Promise<SyncedCache<string>> {
  return await SyncedCache.open<string>({
    redis,
    prefix: 'soak:',
    local: { maxBytes: localBytes },
    ...times,
    breaker: { backOffMs: 50, maxBackOffMs: 200 },
    degraded: true,
    ...options,
  })
}
