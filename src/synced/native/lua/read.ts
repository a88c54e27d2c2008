import { RedisScript } from '../../../redis/redis-script.ts'
import { stateLua, tagsLua } from './state.ts'

/**
 * Reads the values of KEYS[3], KEYS[4] ... together with what says whether they hold. Gives the epoch (empty where there is
 * none), the number of the last change, the time, and for each value nil, its bytes (none for what is no string), or, where it is of this epoch and
 * has tags, an array of its bytes and of the numbers of the changes that deleted its tags last (KEYS[2]).
 */
export const readScript: RedisScript = new RedisScript(
  stateLua +
    tagsLua +
    String.raw`
local deletedAt = deletionsIn(KEYS[2])
local found = {epoch or '', sequence, now}
for i = 3, #KEYS do
  local record = redis.pcall('GET', KEYS[i])
  if type(record) == 'table' then record = '' end
  local count = record and string.byte(record, 37) or 0
  if count > 0 and string.sub(record, 1, 3) == 'cs\1' and string.sub(record, 5, 12) == epoch then
    local deleted, at = {}, 38
    for tag = 1, count do
      local high, low = string.byte(record, at, at + 1)
      if not low then break end
      local length = high * 256 + low
      deleted[tag] = deletedAt(string.sub(record, at + 2, at + 1 + length))
      at = at + 2 + length
    end
    record = {record, deleted}
  end
  found[i + 1] = record
end
return found
`,
)
