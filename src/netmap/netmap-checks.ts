import { CacheError } from '../errors.ts'
import type { Netmap } from './netmap.ts'

/** Whether `netmap` is marked as one that came from a cache. Throws a TypeError if it is no object. */
export function isFromCache(netmap: Netmap): boolean {
  if (typeof netmap !== 'object' || netmap === null) {
    throw new TypeError(`Netmap must be an object, received ${netmap === null ? 'null' : typeof netmap}`)
  }
  return netmap.Cached === true
}

/** Throws `UNSUPPORTED_VALUE` unless the self node has a user: a map without one says that the caller has nothing yet. */
export function checkUser({ SelfNode }: Netmap): void {
  const user: unknown = SelfNode?.User
  if (user === undefined || user === null || user === 0 || user === 0n) {
    throw new CacheError('UNSUPPORTED_VALUE', 'Cannot store a netmap without a user: SelfNode.User is 0 or absent')
  }
}
