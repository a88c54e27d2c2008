import { RedisScript } from '../../../redis/redis-script.ts'
import { beginLua, stateLua } from './state.ts'

/**
 * Tells how the partition stands, which changes nothing. The event has the nonce of the last change, and ARGV[3] in the
 * place of the one before. Gives the time, and the number of partitions as it was when the epoch began.
 */
export const tickScript: RedisScript = new RedisScript(
  stateLua +
    beginLua +
    String.raw`
redis.call('PUBLISH', ARGV[1], 'cs\1\7' .. epoch .. u64(sequence) .. last .. ARGV[3] .. ARGV[2] .. u64(now) .. '\0\0')
return {now, redis.call('HGET', KEYS[1], 'of')}
`,
)
