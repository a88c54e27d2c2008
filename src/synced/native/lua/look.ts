import { RedisScript } from '../../../redis/redis-script.ts'
import { stateLua } from './state.ts'

/**
 * Gives how the partition stands, and leaves no trace of it: the epoch (empty where there is none), the number and the nonce of
 * the last change, the time, and the number of partitions as it was when the epoch began.
 */
export const lookScript: RedisScript = new RedisScript(
  stateLua +
    `
return {epoch or '', sequence, last, now, epoch and redis.call('HGET', KEYS[1], 'of') or ''}
`,
)
