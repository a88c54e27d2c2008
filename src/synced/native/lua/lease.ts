import { RedisScript } from '../../../redis/redis-script.ts'

/** Prolongs the lease of KEYS[1] to ARGV[2] milliseconds from now if ARGV[1] still holds it; gives 1 if it does. */
export const renewLeaseScript: RedisScript = new RedisScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`)

/** Gives up the lease of KEYS[1] if ARGV[1] still holds it: it may be another's by now. */
export const releaseLeaseScript: RedisScript = new RedisScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`)
