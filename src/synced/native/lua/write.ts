import { RedisScript } from '../../../redis/redis-script.ts'
import { putLua } from './put.ts'
import { beginLua, stateLua, tellLua } from './state.ts'

/**
 * Sets the values of KEYS[2], KEYS[3] ..., each by five arguments from ARGV[7] on. What is good for less than ARGV[6]
 * milliseconds stays for so long, so that a fill whose load began before is refused as long as it may come. All get the nonce of this script: none
 * of them can be in a history without those before it. Gives the epoch, the number of the first, and the time.
 */
export const writeScript: RedisScript = new RedisScript(
  stateLua +
    beginLua +
    tellLua +
    putLua +
    `
local first, shortest = sequence + 1, tonumber(ARGV[6])
advance(#KEYS - 1)
for i = 2, #KEYS do
  sequence = sequence + 1
  put(i, 5 * i - 3, shortest)
end
return {epoch, first, now}
`,
)
