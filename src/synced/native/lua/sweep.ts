import { RedisScript } from '../../../redis/redis-script.ts'
import { stateLua, tagsLua } from './state.ts'

/**
 * Removes those of KEYS[3], KEYS[4] ... that nobody takes for values any more: records of another epoch, and those with a
 * tag that was deleted later (KEYS[2]). What is not a record of this version stays. Gives how many went.
 */
export const sweepScript: RedisScript = new RedisScript(
  stateLua +
    tagsLua +
    String.raw`
local deletedAt = deletionsIn(KEYS[2])
local function hasDeadTag(key, head)
  local high, low = struct.unpack('>I4I4', head, 13)
  local number = high * 4294967296 + low
  local record, at = redis.call('GET', key), 38
  for tag = 1, string.byte(head, 37) do
    local upper, lower = string.byte(record, at, at + 1)
    if not lower then return false end
    local length = upper * 256 + lower
    if deletedAt(string.sub(record, at + 2, at + 1 + length)) >= number then return true end
    at = at + 2 + length
  end
  return false
end
local removed = 0
for i = 3, #KEYS do
  local head = redis.pcall('GETRANGE', KEYS[i], 0, 36)
  if type(head) == 'string' and #head == 37 and string.sub(head, 1, 3) == 'cs\1' then
    if string.sub(head, 5, 12) ~= epoch or (noted and hasDeadTag(KEYS[i], head)) then
      removed = removed + redis.call('UNLINK', KEYS[i])
    end
  end
end
return removed
`,
)
