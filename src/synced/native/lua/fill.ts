import { RedisScript } from '../../../redis/redis-script.ts'
import { putLua } from './put.ts'
import { stateLua, tagsLua, tellLua } from './state.ts'

/**
 * Sets the value of KEYS[2] by ARGV[6] to ARGV[10] if nothing moved since it was missed: the epoch is ARGV[11], the record
 * begins as ARGV[13] (with nothing, where there was none) or has ended by itself since, and no tag of ARGV[16] and on was
 * deleted (KEYS[3]) after the change ARGV[12]. With a token in ARGV[14] the lease of KEYS[4] must be held by it, and is given
 * up. After ARGV[15] on the clock of Redis, what moved may be forgotten, and nothing is set. Gives the epoch, the number and
 * the time, or nothing.
 */
export const fillScript: RedisScript = new RedisScript(
  stateLua +
    tellLua +
    tagsLua +
    putLua +
    `
if epoch ~= ARGV[11] or now > tonumber(ARGV[15]) then return {} end
local head = redis.pcall('GETRANGE', KEYS[2], 0, 35)
-- What is no value at all is seen as nothing.
if type(head) ~= 'string' then head = '' end
if head ~= ARGV[13] then
  if head ~= '' or #ARGV[13] ~= 36 then return {} end
  local high, low = struct.unpack('>I4I4', ARGV[13], 29)
  local goneAt = high * 4294967296 + low
  if goneAt == 0 or goneAt > now then return {} end
end
if ARGV[14] ~= '' and redis.call('GET', KEYS[4]) ~= ARGV[14] then return {} end
local deletedAt = deletionsIn(KEYS[3])
for i = 16, #ARGV do
  if deletedAt(ARGV[i]) > tonumber(ARGV[12]) then return {} end
end
advance(1)
sequence = sequence + 1
put(2, 6, 0)
if ARGV[14] ~= '' then redis.call('DEL', KEYS[4]) end
return {epoch, sequence, now}
`,
)
