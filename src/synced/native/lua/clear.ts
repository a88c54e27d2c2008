import { RedisScript } from '../../../redis/redis-script.ts'
import { stateLua, tellLua } from './state.ts'

/**
 * Begins another epoch: all records of the one before are dead, whatever their number. The numbers go on, and the event has
 * the new epoch. Deleted tags (KEYS[2]) are forgotten with the records. Gives the epoch, the number and the time.
 */
export const clearScript: RedisScript = new RedisScript(
  stateLua +
    tellLua +
    String.raw`
epoch = ARGV[4]
sequence = sequence + 1
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'e', epoch, 's', string.format('%.0f', sequence), 'n', ARGV[3], 'of', ARGV[5])
redis.call('UNLINK', KEYS[2])
tell('\6', u64(sequence), '', '')
return {epoch, sequence, now}
`,
)
