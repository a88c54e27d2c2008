/**
 * `put(i, at, shortest)` sets the value of KEYS[i] as the change number `sequence`, and tells it. From ARGV[at] on: codec and
 * kind of the event (a byte each), how long it is fresh and how long it is good (milliseconds, 0 for ever), tags, body. It
 * stays for `shortest` at least, as a trace of the change. Of what has tags, the longest life is noted: for so long a
 * deleted tag must be known.
 */
export const putLua: string = String.raw`
local function noteLife(life)
  local longest = redis.call('HGET', KEYS[1], 't')
  if longest == 'inf' or (longest and life > 0 and tonumber(longest) >= life) then return end
  redis.call('HSET', KEYS[1], 't', life > 0 and string.format('%.0f', life) or 'inf')
end
local function put(i, at, shortest)
  local fresh, life, tags = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3]
  local number = u64(sequence)
  local record = 'cs\1' .. string.sub(ARGV[at], 1, 1) .. epoch .. number
    .. (fresh > 0 and u64(now + fresh) or zeros) .. (life > 0 and u64(now + life) or zeros) .. tags .. ARGV[at + 4]
  if life > 0 then
    redis.call('SET', KEYS[i], record, 'PX', string.format('%.0f', math.max(life, shortest)))
  else
    redis.call('SET', KEYS[i], record)
  end
  if tags ~= '\0' then noteLife(life) end
  local kind = string.sub(ARGV[at], 2, 2)
  tell(kind, number, string.sub(KEYS[i], #KEYS[1] + 1), kind == '\1' and record or '')
end
`
