import { RedisScript } from '../../../redis/redis-script.ts'
import { putLua } from './put.ts'
import { stateLua, tellLua } from './state.ts'

/**
 * Sets the value of KEYS[2] by ARGV[6] to ARGV[10] if nothing moved since it was missed: the epoch is ARGV[11], the record
 * begins as ARGV[13] (with nothing, where there was none), and no tag of ARGV[15] and on was deleted (KEYS[3]) after the
 * change ARGV[12]. With a token in ARGV[14] the lease of KEYS[4] must be held by it, and is given up. Gives the epoch, the
 * number and the time, or nothing.
 */
export const fillScript: RedisScript = new RedisScript(
  stateLua +
    tellLua +
    putLua +
    `
if epoch ~= ARGV[11] or redis.call('GETRANGE', KEYS[2], 0, 35) ~= ARGV[13] then return {} end
if ARGV[14] ~= '' and redis.call('GET', KEYS[4]) ~= ARGV[14] then return {} end
for i = 15, #ARGV do
  local deleted = redis.call('ZSCORE', KEYS[3], ARGV[i])
  if deleted and tonumber(deleted) > tonumber(ARGV[12]) then return {} end
end
advance(1)
sequence = sequence + 1
put(2, 6)
if ARGV[14] ~= '' then redis.call('DEL', KEYS[4]) end
return {epoch, sequence, now}
`,
)
