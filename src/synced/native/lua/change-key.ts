import { RedisScript } from '../../../redis/redis-script.ts'
import { beginLua, evenIfFullLua, stateLua, tellLua } from './state.ts'

/**
 * Deletes the key of KEYS[2], or with 0 in ARGV[7] only tells that copies of it are void; ARGV[6] is the kind of the event.
 * What is deleted leaves a tombstone for ARGV[7] milliseconds, so that a fill whose load began before is refused, and
 * loses its lease (KEYS[3]): who loads it now loads something old. Gives the epoch, the number and the time.
 */
export const changeKeyScript: RedisScript = new RedisScript(
  stateLua +
    evenIfFullLua +
    beginLua +
    tellLua +
    String.raw`
advance(1)
sequence = sequence + 1
local number = u64(sequence)
local life = tonumber(ARGV[7])
if life > 0 then
  redis.call('SET', KEYS[2], 'cs\1\0' .. epoch .. number .. zeros .. u64(now + life) .. '\0', 'PX', ARGV[7])
  redis.call('DEL', KEYS[3])
end
tell(ARGV[6], number, string.sub(KEYS[2], #KEYS[1] + 1), '')
return {epoch, sequence, now}
`,
)
