import { checkKey } from '../../core/check.ts'
import { CacheError } from '../../errors.ts'
import type { SyncedFormat } from '../synced-format.ts'
import { decodeGoJson, encodeGoJson } from './go-json.ts'

/** Keys in Redis that begin with this, behind the prefix, are leases. */
export const leasePrefix = 'coldsnap:lease:'

/** What a TypeError says of tags. */
export const noTags = "Tags cannot be used with compat 'go': Go's format has no place for them"

/** Go's format: bare JSON, the empty key too, neither tags nor stale values. */
export const goFormat: SyncedFormat = {
  encode: encodeGoJson,
  decode: (_codec, bytes) => decodeGoJson(bytes),
  checkKey(key) {
    if (key !== '') checkKey(key)
    if (key.startsWith(leasePrefix)) {
      throw new CacheError('INVALID_KEY', `Key must not begin with ${leasePrefix}, which is for leases`, { key })
    }
  },
  checkRules({ tags, staleMs }) {
    if (tags.length > 0) throw new TypeError(noTags)
    if (staleMs > 0) {
      throw new TypeError("Option staleMs cannot be used with compat 'go': Go's format has no place for it")
    }
  },
}
