import { fnv1, fnv1OfAscii } from '../../bytes/fnv.ts'
import { fmix64 } from '../../bytes/hash64.ts'
import { utf8Encode } from '../../bytes/utf8.ts'

/** The names in Redis of one partition: docs/PROTOCOL.md, "Keys". All are in one slot of a cluster. */
export interface PartitionNames {
  readonly meta: string
  readonly tags: string
  /** Before the key of a value. As long as `meta`, by which the scripts cut it off. */
  readonly valuePrefix: string
  /** Before the key of a lease. */
  readonly leasePrefix: string
}

/** The names of partition number `partition`. */
export function partitionNames(prefix: string, partition: number): PartitionNames {
  const start = `${prefix}{${prefix}${partition}}`
  return { meta: `${start}m`, tags: `${start}t`, valuePrefix: `${start}v`, leasePrefix: `${start}l` }
}

/** The channel of a cache. It names the database, as channels are not of one. */
export function channelName(prefix: string, db: number): string {
  return `${prefix}{${prefix}}@${db}`
}

/** The partition of a key: `fmix64` of its FNV-1, the lower half, modulo the number of partitions. */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0
  return fmix64(fnv1OfAscii(key) ?? fnv1(utf8Encode(key))).lo % partitions
}
