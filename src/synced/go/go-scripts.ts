import { RedisScript } from '../../redis/redis-script.ts'

// A user without the right to publish has made his change all the same: then the answer is why nobody was told.
const publish = `
local told = redis.pcall('PUBLISH', ARGV[1], ARGV[2])
if type(told) == 'table' then return told.err end
return 1`

// KEYS: the key, its lease. ARGV: channel, event, value, milliseconds to live or ''.
const set = `
if ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[3])
else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
redis.call('DEL', KEYS[2])${publish}`

/** Sets a key and tells of it, in one step; whoever loads the key under a lease has lost it. */
export const setScript: RedisScript = new RedisScript(set)

// More ARGV: token of the lease or '', '1' if the key was there, the value that was seen.
const fill = `
if ARGV[5] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[5] then return 0 end
local now = redis.call('GET', KEYS[1])
if ARGV[6] == '1' then
  if now ~= ARGV[7] then return 0 end
elseif now then return 0 end
if ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[3])
else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end${publish}`

/** As {@link setScript}, if the key still holds what was seen, and the lease is held; the lease stays. */
export const fillScript: RedisScript = new RedisScript(fill)

/** Removes a key and its lease, and tells of it, in one step. KEYS: the key, its lease. ARGV: channel, event. */
export const deleteScript: RedisScript = new RedisScript(`
redis.call('DEL', KEYS[1], KEYS[2])${publish}`)

/** Prolongs a lease that is still held. KEYS: the lease. ARGV: token, milliseconds. */
export const renewScript: RedisScript = new RedisScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

/** Gives a lease up that is still held. KEYS: the lease. ARGV: token. */
export const releaseScript: RedisScript = new RedisScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`)
