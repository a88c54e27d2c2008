/**
 * How every script begins. KEYS[1] is the partition's meta hash; ARGV[1] the channel, ARGV[2] the sender and the number
 * of the partition as events have them, ARGV[3] a new nonce, ARGV[4] a new epoch, ARGV[5] the number of partitions.
 *
 * `epoch` is nil where there is no meta hash, or one that nobody of ours wrote: then nothing is known of the past.
 * `noted` is the number of the change that deleted a tag last, nil if none did in this epoch; for `floor` see `tagsLua`.
 * A number is split in two by hand, as `struct` knows 64 bits only on machines that have them, and `%.0f` writes what
 * `tostring` would write as 1e+15.
 */
export const stateLua: string = String.raw`
local zeros = '\0\0\0\0\0\0\0\0'
local function u64(number)
  local high = math.floor(number / 4294967296)
  return struct.pack('>I4I4', high, number - high * 4294967296)
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local meta = redis.call('HMGET', KEYS[1], 'e', 's', 'n', 'z', 'f')
local epoch, sequence, last = meta[1], tonumber(meta[2] or ''), meta[3]
local noted, floor = tonumber(meta[4] or ''), tonumber(meta[5] or '') or 0
if not (epoch and sequence and last and #epoch == 8 and #last == 8
    and sequence >= 0 and sequence < 9007199254000000 and sequence == math.floor(sequence)) then
  epoch, sequence, last, noted, floor = nil, 0, zeros, nil, 0
end
`

/** For scripts that write: where there is no epoch, one begins. */
export const beginLua: string = `
if not epoch then
  epoch = ARGV[4]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'e', epoch, 's', '0', 'n', zeros, 'of', ARGV[5])
end
`

/**
 * For scripts that delete: a full Redis refuses what may take memory, as `advance` may, but not in a script that has changed
 * something, and removing what was never there counts as that.
 */
export const evenIfFullLua: string = `
redis.call('HDEL', KEYS[1], '')
`

/**
 * `deletionsIn(name)` gives a function that tells by which change a tag was deleted last, as the sorted set `name` has it. A
 * full Redis may evict that: then each tag counts as deleted when the last one was, and when others are noted anew (`floor`),
 * as deleted up to there. Without `noted` the set is that of another epoch.
 */
export const tagsLua: string = `
local function deletionsIn(name)
  local isThere = noted and redis.call('EXISTS', name) == 1
  local least = isThere and floor or noted or 0
  return function(tag)
    return math.max(least, tonumber(isThere and redis.call('ZSCORE', name, tag) or '0'))
  end
end
`

/**
 * `advance(count)` takes the next numbers, before anything else is written: should a script fail after it, the chain is
 * broken for all, which they notice, and no number is ever given twice. `tell` sends the event of one of them.
 */
export const tellLua: string = String.raw`
local time = u64(now)
local function advance(count)
  redis.call('HSET', KEYS[1], 's', string.format('%.0f', sequence + count), 'n', ARGV[3])
end
local function tell(kind, number, key, record)
  redis.call('PUBLISH', ARGV[1], 'cs\1' .. kind .. epoch .. number .. ARGV[3] .. last .. ARGV[2] .. time
    .. struct.pack('>I2', #key) .. key .. record)
  last = ARGV[3]
end
`
