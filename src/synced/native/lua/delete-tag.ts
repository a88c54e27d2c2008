import { RedisScript } from '../../../redis/redis-script.ts'
import { beginLua, evenIfFullLua, stateLua, tellLua } from './state.ts'

/**
 * Notes that the tag ARGV[6] was deleted (KEYS[2]), and tells it. What was noted so long ago that no record with tags of
 * that time can be left, nor a load that began before (ARGV[7] milliseconds), is forgotten, at most 100 tags at a time: meta
 * has when (`mt`) the number was `ms`, and the longest life (`t`) that a record with tags was given. Gives the epoch, the
 * number and the time.
 */
export const deleteTagScript: RedisScript = new RedisScript(
  stateLua +
    evenIfFullLua +
    beginLua +
    tellLua +
    String.raw`
advance(1)
sequence = sequence + 1
local text = string.format('%.0f', sequence)
if not noted then
  redis.call('DEL', KEYS[2])
elseif redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('HSET', KEYS[1], 'f', string.format('%.0f', noted))
end
redis.call('HSET', KEYS[1], 'z', text)
redis.call('ZADD', KEYS[2], text, ARGV[6])
local mark = redis.call('HMGET', KEYS[1], 'mt', 'ms', 't')
local isOver = not mark[1]
if mark[1] and mark[3] ~= 'inf' and now - tonumber(mark[1]) > math.max(tonumber(mark[3] or '0'), tonumber(ARGV[7])) then
  local old = redis.call('ZCOUNT', KEYS[2], '-inf', mark[2])
  if old > 0 then redis.call('ZREMRANGEBYRANK', KEYS[2], 0, math.min(old, 100) - 1) end
  isOver = old <= 100
end
if isOver then redis.call('HSET', KEYS[1], 'mt', string.format('%.0f', now), 'ms', text) end
tell('\5', u64(sequence), ARGV[6], '')
return {epoch, sequence, now}
`,
)
