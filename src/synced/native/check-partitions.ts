import { utf8Decode } from '../../bytes/utf8.ts'
import type { RedisReply } from '../../redis/redis-port.ts'
import { unexpected } from './script-reply.ts'

/**
 * Throws a RangeError where other processes have spread the keys over another number of partitions, which `of` is as
 * Redis has it: two of them would not find each other's values.
 */
export function checkPartitions(of: RedisReply | undefined, wanted: number): void {
  if (!(of instanceof Uint8Array)) throw unexpected()
  const found = utf8Decode(of)
  if (found === `${wanted}`) return
  throw new RangeError(
    `Option partitions must be ${found}, as in the other processes with this prefix, received ${wanted}`,
  )
}
